/**
 * A disk that takes no write at all. A file that is open for writing keeps its disk from being made read-only, so a
 * running server gets the same from the operating system by a limit of its own (RLIMIT_FSIZE).
 */
import assert from "node:assert/strict";
import { run as runCommand } from "../support/command.ts";
import { Program } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

const RATE = 300;
const DISK_BYTES = 4 * 1024 * 1024;

/** Else the first write over the limit ends the process. */
const IGNORING_THE_SIGNAL = ["sh", "-c", `trap "" XFSZ; exec "$@"`, "sh"];

export const NO_WRITES: Scenario = {
  name: "disk that takes no writes under SQLite",
  async run({ random, seconds, progress }: FaultContext): Promise<Report> {
    await using program = await Program.start({
      wrapper: IGNORING_THE_SIGNAL,
      env: { APP_LIMIT_INBOX: "off" },
    });
    const { url, webSocketUrl, pid } = program;
    await using users = await UsersUnderLoad.start(program, { random, rate: RATE });
    const { load } = users;
    await users.accepts(RATE * seconds / 2);
    await limitFiles(pid, "0");
    await users.refuses();
    progress(`no writes after ${load.accepted} accepted`);
    const { status, reason } = await readiness(url);
    assert.equal(status, 503);
    assert.match(reason, /Cannot write to the store: disk I\/O error/);
    assert.ok((await readInbox(webSocketUrl, "on-1")).length > 0, "reads go on");
    await limitFiles(pid, "unlimited");
    await users.accepts(RATE * seconds / 2);
    await load.end();
    assert.equal((await readiness(url)).status, 200);
    return { ...await users.counted(), notes: `refused ${load.refused}` };
  },
};

/** What a start on a disk that is read-only says; with a store on it from before, or without. */
export async function startOnReadOnlyDisk(
  { withStore }: { withStore: boolean },
): Promise<{ code: number; output: string; path: string }> {
  await using disk = await SmallDisk.mount(DISK_BYTES);
  const options = { dataDir: disk.path, wrapper: disk.wrapper };
  if (withStore) {
    await using before = await Program.start(options);
    before.kill("SIGTERM");
    await before.ended();
  }
  await disk.makeReadOnly();
  await using program = await Program.spawn(options);
  const { code } = await program.ended();
  return { code, output: program.output, path: disk.path };
}

/** Of all files that the process writes from now on, also those that are open. */
async function limitFiles(pid: number, bytes: "0" | "unlimited"): Promise<void> {
  const { code, stderr } = await runCommand([
    ...["prlimit", "--pid", String(pid), `--fsize=${bytes}:unlimited`],
  ]);
  assert.equal(code, 0, stderr);
}
