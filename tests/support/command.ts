/** Runs one-off commands in a clean environment, and takes all that they print. */
import manifest from "../../deno.json" with { type: "json" };
import { bundledProgram } from "./bundled_program.ts";
import { ROOT } from "./paths.ts";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; none if absent. */
  readonly input?: string;
}

export type TaskName = keyof typeof manifest.tasks;

/** Runs `command` to its end. */
export async function run(
  command: readonly string[],
  { cwd, env, input }: CommandOptions = {},
): Promise<Outcome> {
  const [program = "", ...args] = command;
  const child = new Deno.Command(program, {
    args,
    cwd,
    clearEnv: true,
    env: { ...baseEnv(), ...env },
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writing = input === undefined ? undefined : write(child.stdin, input);
  const { code, stdout, stderr } = await child.output();
  await writing;
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/**
 * The command of a task in `deno.json`, with the task's own permissions, which runs from any folder.
 *
 * @param root folder of the checkout, with a slash at its end
 */
export function taskCommand(name: TaskName, root = ROOT): string[] {
  const words = manifest.tasks[name].command.split(" ");
  const program = words.includes("main.ts") ? bundledProgram(root) : undefined;
  return words.flatMap((word) => {
    if (word === "deno") return Deno.execPath();
    if (word === "run" && program !== undefined) return [word, "--no-config"];
    return word === "main.ts" ? program ?? `${root}main.ts` : word;
  });
}

/** The variables that a command needs to run, and none that could configure notifyli. */
export function baseEnv(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

async function write(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The command ended without reading all of its input.
  }
}
