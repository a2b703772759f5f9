/// <reference lib="deno.ns" />
/**
 * Bundles the page and the client library into `static/`: once, or on every change with `--watch`.
 *
 * There is no `node_modules` folder for esbuild to look into, so bare imports are resolved by Deno, through
 * this folder's `deno.json` and npm's cache.
 */
import { type BuildOptions, context, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
// Deno resolves an npm package to a file only when it is part of the running program's own module graph.
import "preact";

/** What is built for browsers, by its name in `static/`. */
const ENTRIES = {
  "main": pathOf("main.tsx"),
  "notifyli": pathOf("../sdk/mod.ts"),
  "notifyli-worker": pathOf("../sdk/shared_worker.ts"),
};

const denoResolver: Plugin = {
  name: "deno",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return null;
      const url = import.meta.resolve(path);
      if (url.startsWith("file:")) return { path: fileURLToPath(url) };
      return { errors: [{ text: `Cannot resolve '${path}': build.ts must import its package` }] };
    });
  },
};

const options: BuildOptions = {
  entryPoints: ENTRIES,
  outdir: pathOf("../../static/"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  legalComments: "none",
  plugins: [denoResolver],
  // The compiler options are Deno's to read: its deno.json is no tsconfig.json.
  tsconfigRaw: {},
};

const bundler = await context(options);
if (Deno.args.includes("--watch")) {
  await bundler.watch();
} else {
  const isBuilt = await bundler.rebuild().then(() => true, () => false);
  await bundler.dispose();
  await stop();
  if (!isBuilt) Deno.exit(1);
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
