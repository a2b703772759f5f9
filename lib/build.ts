/**
 * Bundles the page and the client library into `static/` where they are not there yet, made from just these sources;
 * with `--watch`, on every change. Every start of the server runs it first.
 */
import { CannotWrite, STATIC, whatChanged } from "./build/stamp.ts";

// No literal, which Deno would look into at each start: esbuild is of no use to one that has nothing to build.
const BUNDLER = "./build/bundle.ts";

if (Deno.args.includes("--watch")) {
  const { watch } = await bundler();
  await watch();
} else {
  const changed = whatChanged();
  if (changed !== undefined && !(await build(changed))) Deno.exit(1);
}

/** Says what is wrong where it resolves with false. */
async function build(why: string): Promise<boolean> {
  try {
    const { bundle } = await bundler();
    return await bundle();
  } catch (error) {
    if (!(error instanceof CannotWrite)) throw error;
    console.error(
      `Cannot write to ${STATIC}, where the page has to be built anew (${why}): ${error.message}. ` +
        "Build it as a user who may write there: deno task build",
    );
    return false;
  }
}

function bundler(): Promise<typeof import("./build/bundle.ts")> {
  return import(BUNDLER);
}
