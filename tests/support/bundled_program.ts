/**
 * The program in a few files in place of hundreds, for a run of all tests: they start it thousands of times, and each start
 * costs a third less. A run of some tests takes the sources as they are.
 */
import { ROOT } from "./paths.ts";

/** As deep in the checkout as the module that looks for `static/` from its own place. */
const FOLDER = `${ROOT}tests/.program`;
const PROGRAM = `${FOLDER}/main.js`;

/** Names the bundled program for tests of this checkout. */
const VARIABLE = "NOTIFYLI_TEST_PROGRAM";

/** The program that tests start, where there is a bundled one. */
export function bundledProgram(): string | undefined {
  // A copy of the checkout, with tests of its own, has the variable of the one that it was made by.
  return Deno.env.get(VARIABLE) === PROGRAM ? PROGRAM : undefined;
}

/** Bundles the program. Resolves with what tells the tests of it; where it cannot be bundled they take the sources. */
export async function bundleProgram(): Promise<Record<string, string>> {
  await Deno.remove(FOLDER, { recursive: true }).catch(() => {}); // there was none yet
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--code-splitting", "--outdir", FOLDER, "main.ts"],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) {
    await loadModulesLate();
    return { [VARIABLE]: PROGRAM };
  }
  console.error(`The program is not bundled, so its starts take longer:`);
  Deno.stderr.writeSync(stderr);
  return {};
}

/** What the bundler begins with where some package is CommonJS: it loads a good deal of Node.js, which few starts need. */
const REQUIRING =
  'import { createRequire as __deno_internal_createRequire } from "node:module";\n' +
  "var __require = __deno_internal_createRequire(import.meta.url);";
const REQUIRING_LATE = 'var __require = (name) => process.getBuiltinModule("node:module")' +
  ".createRequire(import.meta.url)(name);";

async function loadModulesLate(): Promise<void> {
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(`${FOLDER}/${name}`);
    if (!text.includes(REQUIRING)) continue;
    await Deno.writeTextFile(`${FOLDER}/${name}`, text.replace(REQUIRING, REQUIRING_LATE));
  }
}
