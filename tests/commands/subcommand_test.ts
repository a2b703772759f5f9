/** What all subcommands have in common: their help, and their answer to wrong options, arguments and settings. */
import assert from "node:assert/strict";
import { type Outcome, run, taskCommand, type TaskName } from "../support/command.ts";
import { EnvFolder } from "../support/env_folder.ts";

/** The commands, each with options that are right, and with its exit code for a wrong setting. */
const COMMANDS: [name: TaskName, right: string[], ofSettings: number][] = [
  ["start", [], 2],
  ["send", ["-u", "1", "-m", "Hello"], 2],
  ["key", ["list"], 2],
  ["check", [], 1],
  ["check", ["--running"], 1],
  ["token", ["-u", "1"], 2],
];

const NAMES = new Set(COMMANDS.map(([name]) => name));

for (const name of NAMES) {
  for (const args of [["-h"], ["--help"], ["extra", "--colour", "--help"]]) {
    Deno.test(`${name} ${args.join(" ")} prints the usage, laid out for 100 columns`, async () => {
      const { code, stdout, stderr } = await call(name, args, { APP_PORT: "wrong" });
      assert.match(stdout, new RegExp(`^Usage: notifyli ${name}\\b`));
      assert.match(stdout, /^ {2}-h, --help +Print this text$/m);
      assert.match(stdout, /^Exit codes: 0 .*2 wrong options/m);
      assert.deepEqual(stdout.split("\n").filter((line) => line.length > 100), []);
      assert.deepEqual([code, stderr], [0, ""]);
    });
  }

  for (const option of ["--colour", "-x"]) {
    Deno.test(`${name} ${option} ends with code 2 and the usage`, async () => {
      const { code, stdout, stderr } = await call(name, [option]);
      assert.ok(stderr.startsWith(`Unknown option "${option}"\n\nUsage: notifyli ${name}`), stderr);
      assert.deepEqual([code, stdout], [2, ""]);
    });
  }

  Deno.test(`${name} with an argument too many ends with code 2 and the usage`, async () => {
    const { code, stdout, stderr } = await call(name, name === "key" ? ["list", "x"] : ["x"]);
    assert.ok(stderr.startsWith(`Unknown argument "x"\n\nUsage: notifyli ${name}`), stderr);
    assert.deepEqual([code, stdout], [2, ""]);
  });
}

for (const [name, right, ofSettings] of COMMANDS) {
  const shown = [name, ...right].join(" ");
  Deno.test(`${shown} with a wrong setting ends with code ${ofSettings} and one line`, async () => {
    const { code, stdout, stderr } = await call(name, right, { APP_PORT: "wrong" });
    assert.match(stderr, /^Cannot use APP_PORT: current value is "wrong", [^\n]*\n$/);
    assert.deepEqual([code, stdout], [ofSettings, ""]);
  });
}

/** Runs the task of a command in an empty folder. */
async function call(
  name: TaskName,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  await using folder = await EnvFolder.with("");
  return await run([...taskCommand(name), ...args], { cwd: folder.path, env });
}
