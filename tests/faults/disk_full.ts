/**
 * The disk under SQLite fills up under load, has room again, fills up again, and the server is killed then. What
 * cannot be stored is refused and says why; everything else goes on.
 */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { freePort } from "../support/free_port.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import { readiness } from "./readiness.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { UsersUnderLoad } from "./users_under_load.ts";

/** Notifications a second: enough to have some under way at each moment. */
const RATE = 300;
/** More than one takes on the disk, so that it is never full by itself. */
const NOTIFICATION_BYTES = 2_000;
const DISK_BYTES = 16 * 1024 * 1024;

const FULL = /database or disk is full/;

export const DISK_FULL: Scenario = {
  name: "disk full under SQLite",
  async run({ random, seconds, progress }: FaultContext): Promise<Report> {
    await using disk = await SmallDisk.mount(DISK_BYTES + seconds * RATE * NOTIFICATION_BYTES);
    const start = () => Program.start({ dataDir: disk.path, wrapper: disk.wrapper, env });
    const env = { APP_PORT: String(freePort()), APP_LIMIT_INBOX: "off" };
    await using before = await start();
    const { url, webSocketUrl } = before;
    await using users = await UsersUnderLoad.start(before, { random, rate: RATE, each: 5 });
    const { load, ledger } = users;
    await users.accepts(RATE * seconds / 3);

    disk.fill();
    await users.refuses();
    progress(`disk full after ${load.accepted} accepted`);
    await saysWhy(url);
    await readsAndRoomsGoOn(before, ledger);
    disk.free();
    await users.accepts(RATE * seconds / 3);
    assert.equal((await readiness(url)).status, 200);

    disk.fill();
    await users.refuses();
    progress(`full again after ${load.accepted} accepted, and killed`);
    before.kill("SIGKILL");
    await before.ended();
    await using after = await start(); // on a full disk
    await readInbox(webSocketUrl, "on-1");
    disk.free();
    await users.accepts(RATE * seconds / 3);
    await load.end();

    const report = await users.counted();
    await comesBackByItself(disk, url);
    const logged = [...before.log, ...after.log].filter(({ level }) => level === "error");
    assert.ok(logged.length > 0 && logged.every(({ message }) => FULL.test(message)), "in the log");
    return { ...report, notes: `refused ${load.refused}` };
  },
};

/** To who sends, to who asks, and not by an end of the process. */
async function saysWhy(url: string): Promise<void> {
  // A single one may still find a place in a file that is there, where a batch did not.
  const refused = await refusedOne(url);
  assert.equal(refused.code, "unavailable");
  assert.match(refused.message, FULL);
  const { status, reason } = await readiness(url);
  assert.equal(status, 503);
  assert.match(reason, FULL);
  assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok\n");
}

/** For those who were there before, and for somebody new. */
async function readsAndRoomsGoOn({ webSocketUrl }: Program, ledger: Ledger): Promise<void> {
  assert.ok((await readInbox(webSocketUrl, "on-2")).length > 0);
  using known = new OnlineUser(webSocketUrl, "on-3", new Ledger());
  using fresh = new OnlineUser(webSocketUrl, `new-${ledger.acceptedCount}`, ledger);
  const heard: string[] = [];
  fresh.client.subscribe("lobby", ({ message }) => void heard.push(message));
  await fresh.isOnline();
  await known.client.publish("lobby", "one");
  await fresh.client.publish("lobby", "two");
  await waitFor("the room goes on", () => heard.includes("two"));
  await using plain = await TestClient.join(webSocketUrl, { user: "plain", room: "lobby" });
  plain.send({ type: "usermsg", user_id: "plain", room: "lobby", message: "three" });
  await plain.get("usermsg");
}

/** Although nobody writes any more: it is ready as soon as somebody asks. */
async function comesBackByItself(disk: SmallDisk, url: string): Promise<void> {
  disk.fill();
  await refusedOne(url);
  disk.free();
  assert.equal((await readiness(url)).status, 200);
}

async function refusedOne(url: string): Promise<Answer> {
  return await waitFor("one is refused", async () => {
    const answer = await notify(url);
    return answer.status === 503 && answer;
  });
}

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** To a user of its own, whom no ledger has. */
async function notify(url: string): Promise<Answer> {
  const answer = await fetch(`${url}/api/users/nobody/notifications`, {
    method: "POST",
    body: "x".repeat(NOTIFICATION_BYTES),
  });
  return { status: answer.status, ...await answer.json() };
}
