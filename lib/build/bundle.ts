/**
 * Makes the bundles for browsers with esbuild. There is no `node_modules` folder for it to look into, so bare imports
 * are resolved by Deno, through `deno.json` and npm's cache.
 */
import {
  build,
  type BuildOptions,
  type BuildResult,
  context,
  type Plugin,
  stop,
  transform,
} from "esbuild";
import { fileURLToPath } from "node:url";
import { ROOT, STATIC, writeStamp, writeWhole } from "./stamp.ts";

/** What is built for browsers; `out` is the name in `static/` without its extension. */
const ENTRIES = [
  { in: "lib/page/main.tsx", out: "main" },
  { in: "lib/page/styles/main.css", out: "main" },
  { in: "lib/dashboard/main.tsx", out: "dashboard/main" },
  { in: "lib/dashboard/styles/main.css", out: "dashboard/main" },
  { in: "lib/sdk/mod.ts", out: "notifyli" },
  { in: "lib/sdk/tabs/shared_worker.ts", out: "notifyli-worker" },
  { in: "lib/sdk/element/notifyli_inbox.ts", out: "notifyli-inbox" },
  { in: "lib/sdk/element/more.ts", out: "notifyli-inbox-more" },
];

/** Scripts that are no modules: a site's own service worker imports this one by `importScripts`. */
const SCRIPTS = [{ in: "lib/sdk/push/worker/worker.ts", out: "notifyli-push" }];

/** What the bundles depend on besides their sources: the versions of packages, and the code that makes bundles. */
const MAKERS = ["deno.lock", "lib/build/bundle.ts", "lib/build/stamp.ts"];

/**
 * The packages that the bundles import. Deno resolves a package to a file only if the running program has imported it.
 * That import takes no literal, since the package's types would bring those of browsers into the check of the server.
 */
const PACKAGES: readonly string[] = ["preact"];
for (const name of PACKAGES) await import(name);

const denoResolver: Plugin = {
  name: "deno",
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === "entry-point") return null;
      const url = import.meta.resolve(path);
      if (url.startsWith("file:")) return { path: fileURLToPath(url) };
      return {
        errors: [{ text: `Cannot resolve '${path}': PACKAGES of bundle.ts must name its package` }],
      };
    });
  },
};

const TARGET = "es2022";

/** A stylesheet that a module imports as text, for what is within a shadow root, goes into the bundle without its blanks. */
const styleTexts: Plugin = {
  name: "style texts",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path, with: { type } }) => {
      if (type !== "text") return null;
      const text = await Deno.readTextFile(path);
      const { code } = await transform(text, { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

const OPTIONS = {
  absWorkingDir: ROOT,
  outdir: STATIC,
  bundle: true,
  minify: true,
  target: TARGET,
  charset: "utf8",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
  legalComments: "none",
  plugins: [denoResolver, styleTexts],
  // Otherwise esbuild would look for a tsconfig.json; the compiler options are in deno.json.
  tsconfigRaw: {},
  // `put` writes the files, so that a server that starts meanwhile never reads half a bundle.
  write: false,
  metafile: true,
} satisfies BuildOptions;

type Bundles = BuildResult<typeof OPTIONS>;

/** What is made, each kind by a builder of its own. A script keeps its names to itself: it shares its scope with the site's. */
const KINDS: readonly BuildOptions[] = [
  { entryPoints: ENTRIES, format: "esm" },
  { entryPoints: SCRIPTS, format: "iife" },
];

/** Bundles once. Resolves with false if the sources are wrong; esbuild has printed how. */
export async function bundle(): Promise<boolean> {
  const startedAt = Date.now();
  try {
    put(await Promise.all(KINDS.map((kind) => build({ ...OPTIONS, ...kind }))), startedAt);
    return true;
  } catch (error) {
    if (isOfSources(error)) return false;
    throw error;
  } finally {
    await stop();
  }
}

/** Bundles now and on every change, for as long as the process lives. */
export async function watch(): Promise<void> {
  const made = new Map<BuildOptions, Bundles>();
  for (const kind of KINDS) {
    const writer = writerOf((result) => {
      made.set(kind, result);
      return made.size === KINDS.length ? [...made.values()] : undefined;
    });
    const bundler = await context({
      ...OPTIONS,
      ...kind,
      plugins: [denoResolver, styleTexts, writer],
    });
    await bundler.watch();
  }
}

/** @param take takes what one builder has made, and gives what there is of all, once there is */
function writerOf(take: (made: Bundles) => readonly Bundles[] | undefined): Plugin {
  return {
    name: "writer",
    setup(build) {
      let startedAt = 0;
      build.onStart(() => void (startedAt = Date.now()));
      build.onEnd((result) => {
        if (result.errors.length > 0) return;
        const all = take(result as Bundles);
        if (all !== undefined) put(all, startedAt);
      });
    },
  };
}

function put(all: readonly Bundles[], startedAt: number): void {
  for (const { path, contents } of all.flatMap(({ outputFiles }) => outputFiles)) {
    writeWhole(path, contents);
  }
  const paths = (of: "inputs" | "outputs") => [
    ...new Set(all.flatMap(({ metafile }) => Object.keys(metafile[of]))),
  ];
  const sources = paths("inputs").filter((path) => path.startsWith("lib/"));
  const inputs = [...MAKERS, ...sources];
  // A source that changed meanwhile may be in the bundles or not. Without a stamp the next build begins anew.
  if (inputs.some((path) => isModifiedSince(startedAt, path))) return;
  writeStamp([...inputs, ...paths("outputs")]);
}

function isModifiedSince(startedAt: number, path: string): boolean {
  const modifiedAt = Deno.statSync(`${ROOT}${path}`).mtime?.getTime() ?? 0;
  return modifiedAt >= startedAt && modifiedAt <= Date.now(); // not in the future: a clock may have been wrong
}

function isOfSources(error: unknown): boolean {
  return error instanceof Error && "errors" in error;
}
