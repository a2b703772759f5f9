/**
 * A disk that takes no write at all. A file that is open for writing keeps its disk from being made read-only, so a
 * running server gets the same from the kernel by a limit of its own (RLIMIT_FSIZE).
 */
import assert from "node:assert/strict";
import { run as runCommand } from "../support/command.ts";
import { Program } from "../support/program.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { Load } from "./load.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const ONLINE = ["on-1", "on-2", "on-3"];
const OFFLINE = ["off-1", "off-2", "off-3"];
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
    const { url, webSocketUrl, port, pid } = program;
    const ledger = new Ledger();
    using online = new DisposableStack();
    for (const user of ONLINE) {
      await online.use(new OnlineUser(webSocketUrl, user, ledger)).isOnline();
    }
    const users = [...ONLINE, ...OFFLINE];
    await using load = new Load({ ports: [port], users, ledger, random, rate: RATE });
    const accepts = async (count: number) => {
      const goal = load.accepted + count;
      await waitFor(`${count} more are accepted`, () => load.accepted >= goal, 120_000);
    };
    await accepts(RATE * seconds / 2);
    await limitFiles(pid, "0");
    await waitFor("the load is refused", () => load.refused >= 20);
    progress(`no writes after ${load.accepted} accepted`);
    const { status, reason } = await readiness(url);
    assert.equal(status, 503);
    assert.match(reason, /Cannot write to the store: disk I\/O error/);
    assert.ok((await readInbox(webSocketUrl, "on-1")).length > 0, "reads go on");
    await limitFiles(pid, "unlimited");
    await accepts(RATE * seconds / 2);
    await load.end();
    assert.equal((await readiness(url)).status, 200);
    await waitFor("all online users have theirs", () => ledger.missing(ONLINE) === 0);
    for (const user of users) ledger.left(user, await readInbox(webSocketUrl, user));
    return { ...ledger.check(), notes: `refused ${load.refused}` };
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
