/**
 * A SQLite file that is put back from a copy: offsets are given again, for something else. A position that lies in what was
 * lost brings back no part for the whole; one from before brings back exactly what was missed.
 */
import assert from "node:assert/strict";
import { isPlaceIn, type Position } from "../../lib/core/publication.ts";
import { Seal } from "../../lib/engines/sqlite/seal.ts";
import { run } from "../support/command.ts";
import { type FullEngine, message, openFullEmbedded } from "../support/engines.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";

const LOBBY = { site: "default", kind: "room", name: "lobby" } as const;
const HOUR_MS = 3600_000;

/** The folders of a store and of its copy. */
interface Folders {
  readonly data: string;
  readonly copy: string;
}

/** What somebody does who puts a copy back. */
const WAYS: Readonly<Record<string, (folders: Folders) => Promise<void>>> = {
  "the database alone, over the one that is there": ({ data, copy }) =>
    shell(`cp "$1/notifyli.db" "$0/notifyli.db"`, data, copy),
  "the database alone, with its times": ({ data, copy }) =>
    shell(`cp -p "$1/notifyli.db" "$0/notifyli.db"`, data, copy),
  "the database alone, by its name": ({ data, copy }) =>
    shell(`mv "$1/notifyli.db" "$0/notifyli.db"`, data, copy),
  "all files, over those that are there": ({ data, copy }) => shell(`cp "$1"/* "$0"`, data, copy),
  "all files, with their times": ({ data, copy }) => shell(`cp -a "$1/." "$0"`, data, copy),
  "the folder, after the other was removed": ({ data, copy }) =>
    shell(`rm -r "$0" && cp -a "$1" "$0"`, data, copy),
  "the folder, by its name": ({ data, copy }) => shell(`rm -r "$0" && mv "$1" "$0"`, data, copy),
  "a disk that went back, where the operator removes the seal": async ({ data, copy }) => {
    await shell(`cp -a "$1/." "$0"`, data, copy);
    new Seal(`${data}/notifyli.db`).noteClosed(); // as if nobody had touched the files
    await Deno.remove(`${data}/notifyli.seal`);
  },
};

/** When the copy was made. */
const COPIES = { "of a server that had stopped": false, "of a running server": true };

for (const [way, putBack] of Object.entries(WAYS)) {
  for (const [when, isRunning] of Object.entries(COPIES)) {
    if (isRunning && way.startsWith("the database alone")) continue; // its log has a part
    Deno.test(`a copy ${when} is put back (${way}): what was lost is told`, async () => {
      const parent = await Deno.makeTempDir();
      const folders = { data: `${parent}/data`, copy: `${parent}/copy` };
      const kept = await ran(folders, async (engine) => {
        const standing = await fill(engine, ["n-1"]);
        if (isRunning) await copyOf(folders);
        return standing;
      });
      if (!isRunning) await copyOf(folders);
      const lost = await ran(folders, (engine) => fill(engine, ["n-2"]));
      await putBack(folders);
      await ran(folders, async (engine) => {
        await fill(engine, ["n-3", "n-4"]);
        const early = await engine.inbox.sync("default", "1", kept.inbox);
        assert.deepEqual([early.recovered, early.notifications.map(({ id }) => id)], [
          true,
          ["n-3", "n-4"],
        ]);
        assert.equal((await engine.inbox.sync("default", "1", lost.inbox)).reason, "epoch");
        const room = await engine.broker.history(LOBBY, { limit: 9, persistent: true });
        const places = [isPlaceIn(room, kept.room), isPlaceIn(room, lost.room)];
        assert.deepEqual([room.offset, places], [3, [true, false]]);
      });
      const now = await ran(folders, (engine) => fill(engine, ["n-5"]));
      const after = await ran(folders, (engine) => fill(engine, ["n-6"]));
      assert.equal(after.inbox.epoch, now.inbox.epoch, "after a good end all is as it was");
      assert.equal(after.room.epoch, now.room.epoch);
      await Deno.remove(parent, { recursive: true });
    });
  }
}

Deno.test("a server whose file was put back says so, and its clients are told", async () => {
  const dataDir = await Deno.makeTempDir();
  const inboxSince = async (program: Program, inbox?: unknown) => {
    await using client = await TestClient.connectV2(program.webSocketUrl);
    const connected = await client.command("connect", {
      user_id: "1",
      ...(inbox ? { inbox } : {}),
    });
    return Object(connected["inbox"]);
  };
  const notify = async ({ url }: Program) => {
    const answer = await fetch(`${url}/api/users/1/notifications`, { method: "POST", body: "x" });
    assert.equal(answer.status, 201, await answer.text());
  };
  await served(dataDir, notify);
  await Deno.copyFile(`${dataDir}/notifyli.db`, `${dataDir}/of-yesterday.db`);
  const lost = await served(dataDir, async (program) => {
    await notify(program);
    const { offset, epoch } = await inboxSince(program);
    assert.equal(program.log.some(isToldPutBack), false);
    return { offset, epoch };
  });
  await Deno.copyFile(`${dataDir}/of-yesterday.db`, `${dataDir}/notifyli.db`);
  await served(dataDir, async (program) => {
    assert.equal(program.log.filter(isToldPutBack).length, 1);
    for (let each = 0; each < 3; each++) await notify(program);
    const { recovered, reason } = await inboxSince(program, lost);
    assert.deepEqual([recovered, reason], [false, "epoch"]);
  });
  await Deno.remove(dataDir, { recursive: true });
});

function isToldPutBack({ message }: { readonly message: string }): boolean {
  return message.includes("was put back from a copy");
}

async function served<T>(dataDir: string, use: (program: Program) => Promise<T>): Promise<T> {
  await using program = await Program.start({ dataDir });
  const result = await use(program);
  program.kill("SIGTERM");
  await program.ended();
  return result;
}

async function ran<T>({ data }: Folders, use: (engine: FullEngine) => Promise<T>): Promise<T> {
  await using engine = await openFullEmbedded({ dataDir: data });
  return await use(engine);
}

/** Stores something for a user and in a persistent room, and says where both stand then. */
async function fill(
  { inbox, broker }: FullEngine,
  ids: readonly string[],
): Promise<{ inbox: Position; room: Position }> {
  for (const id of ids) {
    await inbox.append({ site: "default", user: "1", id, room: "lobby", message: "x" });
    await broker.publish(LOBBY, message(id), { size: 100, seconds: 60, persistent: true });
  }
  return {
    inbox: await inbox.sync("default", "1"),
    room: await broker.history(LOBBY, { limit: 1, persistent: true }),
  };
}

/** Copies the folder, as it was an hour ago. */
async function copyOf({ data, copy }: Folders): Promise<void> {
  await shell(`cp -a "$0" "$1"`, data, copy);
  const then = new Date(Date.now() - HOUR_MS);
  const seal = await Deno.readTextFile(`${copy}/notifyli.seal`);
  const earlier = seal.replace(/\d{13}/, (madeAt) => String(Number(madeAt) - HOUR_MS));
  assert.notEqual(earlier, seal);
  await Deno.writeTextFile(`${copy}/notifyli.seal`, earlier);
  for (const { name } of Deno.readDirSync(copy)) await Deno.utime(`${copy}/${name}`, then, then);
}

async function shell(script: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await run(["sh", "-c", script, ...args]);
  assert.equal(code, 0, stderr);
}
