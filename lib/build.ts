/**
 * Bundles the page and the client library into `static/`, unless the bundles of just these sources are there already;
 * with `--watch`, on every change. `deno task start` runs this first.
 */
import { CannotWrite, STATIC, whatChanged } from "./build/stamp.ts";

// The import below takes no literal: Deno would load esbuild at each start, even if there is nothing to build.
const BUNDLER = "./build/bundle.ts";

if (Deno.args.includes("--watch")) {
  const { watch } = await bundler();
  await watch();
} else {
  const changed = whatChanged();
  if (changed !== undefined && !(await build(changed))) Deno.exit(1);
}

/** Resolves with false if the build failed, and has said why. */
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
