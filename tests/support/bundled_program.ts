/**
 * The program in a few files in place of hundreds, for a run of all tests: they start it thousands of times, and each start
 * costs a third less. A run of some tests takes the sources as they are.
 */
import { ROOT } from "./paths.ts";

/** As deep in the checkout as the module that looks for `static/` from its own place. */
const FOLDER = "tests/.program";

/** Names the bundled program for tests of this checkout. */
const VARIABLE = "NOTIFYLI_TEST_PROGRAM";

/** Those that this process has bundled. */
const bundled = new Set<string>();

/**
 * The program that tests start, where there is a bundled one.
 *
 * @param root folder of the checkout, with a slash at its end
 */
export function bundledProgram(root = ROOT): string | undefined {
  const program = programOf(root);
  // A copy of the checkout, with tests of its own, has the variable of the one that it was made by.
  return bundled.has(program) || Deno.env.get(VARIABLE) === program ? program : undefined;
}

/** Bundles the program. Resolves with what tells the tests of it; where it cannot be bundled they take the sources. */
export async function bundleProgram(root = ROOT): Promise<Record<string, string>> {
  const folder = `${root}${FOLDER}`;
  await Deno.remove(folder, { recursive: true }).catch(() => {}); // there was none yet
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--code-splitting", "--outdir", folder, "main.ts"],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) {
    await loadModulesLate(folder);
    bundled.add(programOf(root));
    return { [VARIABLE]: programOf(root) };
  }
  console.error(`The program is not bundled, so its starts take longer:`);
  Deno.stderr.writeSync(stderr);
  return {};
}

function programOf(root: string): string {
  return `${root}${FOLDER}/main.js`;
}

/** What the bundler begins with where some package is CommonJS: it loads a good deal of Node.js, which few starts need. */
const REQUIRING =
  'import { createRequire as __deno_internal_createRequire } from "node:module";\n' +
  "var __require = __deno_internal_createRequire(import.meta.url);";
const REQUIRING_LATE = 'var __require = (name) => process.getBuiltinModule("node:module")' +
  ".createRequire(import.meta.url)(name);";

async function loadModulesLate(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(`${folder}/${name}`);
    if (!text.includes(REQUIRING)) continue;
    await Deno.writeTextFile(`${folder}/${name}`, text.replace(REQUIRING, REQUIRING_LATE));
  }
}
