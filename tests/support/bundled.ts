/** Files of the client library as browsers get them: each is one ES module. */
import assert from "node:assert/strict";
import { build, stop } from "esbuild";
import { ROOT } from "./paths.ts";

/** @param entries files in `lib/sdk/` */
export async function bundled(...entries: string[]): Promise<string[]> {
  try {
    return await Promise.all(entries.map(bundle));
  } finally {
    await stop();
  }
}

async function bundle(entry: string): Promise<string> {
  const { outputFiles: [file] } = await build({
    entryPoints: [`${ROOT}lib/sdk/${entry}`],
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    write: false,
  });
  return file?.text ?? assert.fail();
}
