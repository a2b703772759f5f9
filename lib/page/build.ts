/// <reference lib="deno.ns" />
/**
 * Bundles the page's TypeScript into `static/main.js`: once, or on every change with `--watch`.
 *
 * There is no `node_modules` folder for esbuild to look into, so bare imports are resolved by Deno, through
 * this folder's `deno.json` and npm's cache.
 */
import { type BuildOptions, context, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
// Deno resolves an npm package to a file only when it is part of the running program's own module graph.
import "preact";

const ENTRY = fileURLToPath(new URL("main.tsx", import.meta.url));
const BUNDLE = fileURLToPath(new URL("../../static/main.js", import.meta.url));

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
  entryPoints: [ENTRY],
  outfile: BUNDLE,
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
