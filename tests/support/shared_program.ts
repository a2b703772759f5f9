/** One server for all tests of a file that need no settings and no state of their own: a start costs more than a test. */
import { Program, type ProgramOptions } from "./program.ts";

/** To be called at the top of a test file: the server runs from before its first test until after its last. */
export function sharedProgram(
  env: Readonly<Record<string, string>>,
  options: Pick<ProgramOptions, "isGuarded"> = {},
): () => Program {
  let program: Program | undefined;
  Deno.test.beforeAll(async () => {
    program = await Program.start({ ...options, env, isShared: true });
  });
  Deno.test.afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
  });
  return () => {
    if (program === undefined) throw new Error("the server does not run before the first test");
    return program;
  };
}
