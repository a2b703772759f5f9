/** Persistent rooms of the embedded engine: what outlives a restart, kill -9, a full disk and a change of the rules. */
import assert from "node:assert/strict";
import type { Channel } from "../../lib/core/channel.ts";
import type { Engine } from "../../lib/core/engine.ts";
import {
  type History,
  type HistoryOptions,
  isPlaceIn,
  type Published,
} from "../../lib/core/publication.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { HISTORY, SqliteHistory } from "../../lib/engines/sqlite/history.ts";
import { StoreClock } from "../../lib/engines/sqlite/store_clock.ts";
import { SqliteStore } from "../../lib/engines/sqlite/store.ts";
import { message } from "../support/engines.ts";
import { HistoryWriter } from "../support/history_writer.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { waitFor } from "../support/wait.ts";

const LOBBY: Channel = { site: "default", kind: "room", name: "lobby" };

Deno.test("a persistent room is the same after a restart: messages, place, clients' ids", async () => {
  await using store = await Store.make();
  const { before, empty } = await store.open(async (engine) => {
    for (const id of ["a-1", "a-2", "a-3"]) await publish(engine, id);
    const nothing = { since: Number.MAX_SAFE_INTEGER, limit: 1, persistent: true };
    const empty = await engine.broker.history({ ...LOBBY, name: "empty" }, nothing);
    return { before: await read(engine), empty };
  });
  assert.deepEqual(before.publications.map(({ publication, offset }) => [publication.id, offset]), [
    ["a-1", 1],
    ["a-2", 2],
    ["a-3", 3],
  ]);
  await store.open(async (engine) => {
    assert.deepEqual(await read(engine), before);
    const again = await publish(engine, "a-2");
    assert.deepEqual(again, { offset: 2, epoch: before.epoch, isDuplicate: true });
    const next = await publish(engine, "a-4");
    assert.deepEqual(next, { offset: 4, epoch: before.epoch, isDuplicate: false });
    const missed = await engine.broker.history(LOBBY, { since: 2, limit: 9, persistent: true });
    assert.deepEqual(missed.publications.map(({ publication }) => publication.id), ["a-3", "a-4"]);
    const first = await publish(engine, "e-1", {}, { ...LOBBY, name: "empty" });
    assert.deepEqual(first, { offset: 1, epoch: empty.epoch, isDuplicate: false });
  });
});

Deno.test("a persistent room keeps no more than its rule of today says, and its place when that has ended", async () => {
  await using store = await Store.make();
  const epoch = await store.open(async (engine) => {
    for (const id of ["a-1", "a-2", "a-3", "a-4"]) await publish(engine, id);
    return (await read(engine)).epoch;
  });
  await store.open(async (engine) => {
    await publish(engine, "a-5", { size: 2, seconds: 1 });
    assert.deepEqual((await read(engine)).publications.map(({ offset }) => offset), [4, 5]);
  });
  await store.open(async (engine) => {
    await waitFor("they have ended", async () => (await read(engine)).publications.length === 0);
    assert.deepEqual(await read(engine), { offset: 5, epoch, past: [], publications: [] });
    await publish(engine, "a-6");
    assert.deepEqual((await read(engine)).publications.map(({ offset }) => offset), [6]);
  });
});

for (
  const { what, options } of [
    { what: "that keep less for long", options: { persistent: false } },
    { what: "that keep nothing", options: { persistent: false, size: 0 } },
  ]
) {
  Deno.test(`a room under rules ${what} brings nothing back of when it was persistent`, async () => {
    await using store = await Store.make();
    const before = await store.open(async (engine) => {
      for (const id of ["a-1", "a-2"]) await publish(engine, id);
      return await read(engine);
    });
    await store.open(async (engine) => {
      const { epoch, publications } = await read(engine, false);
      assert.notEqual(epoch, before.epoch);
      assert.deepEqual(publications, []);
      await engine.broker.publish(LOBBY, { ...message("-"), kind: "join" });
    });
    await store.open(async (engine) => {
      assert.deepEqual(await read(engine), before, "nothing was said meanwhile: it lacks nothing");
    });
    await store.open(async (engine, heard) => {
      const both = [publish(engine, "b-1", options), publish(engine, "b-2", options)];
      await Promise.all(both);
      assert.deepEqual(heard, ["b-1", "b-2"]);
    });
    await store.open(async (engine) => {
      const { offset, epoch, publications } = await read(engine);
      assert.deepEqual([offset, publications], [0, []]);
      assert.notEqual(epoch, before.epoch, "no position of before is good");
      assert.partialDeepStrictEqual(await publish(engine, "a-2"), { offset: 1, epoch });
    });
  });
}

for (const sync of ["always", "everysec"] as const) {
  Deno.test(`what was on the disk of a persistent room, with APP_STORE_SYNC=${sync}: positions in it stay good, those in what is lost do not`, async () => {
    await using store = await Store.make(sync);
    await using crashed = await Store.make(sync);
    const [kept, lost] = await store.open(async (engine) => {
      await publish(engine, "a-1");
      store.copyTo(crashed);
      const kept = await read(engine);
      await publish(engine, "a-2");
      return [kept, await read(engine)];
    });
    await crashed.open(async (engine) => {
      for (const id of ["a-3", "a-4"]) await publish(engine, id);
      const now = await read(engine);
      assert.deepEqual(now.publications[0], kept.publications[0]);
      assert.deepEqual([now.offset, isPlaceIn(now, kept), isPlaceIn(now, lost)], [3, true, false]);
    });
  });
}

Deno.test("kill -9: what was accepted in a persistent room is there, in its place, under one epoch", async () => {
  await using store = await Store.make();
  const accepted = new Map<string, number>();
  const epochs = new Set<string>();
  for (let round = 0; round < 3; round++) {
    await using writer = new HistoryWriter(store.dataDir);
    await waitFor("much is accepted", () => writer.accepted.length >= 200);
    await writer.kill();
    for (const { id, offset, epoch } of writer.accepted) {
      accepted.set(id, offset);
      epochs.add(epoch);
    }
    const stored = await store.open((engine) => read(engine));
    epochs.add(stored.epoch);
    const offsets = new Map(
      stored.publications.map(({ publication, offset }) => [publication.id, offset]),
    );
    for (
      const [id, offset] of [...accepted, ...writer.heard.map((each) => [each.id, each.offset])]
    ) {
      assert.equal(offsets.get(String(id)), offset, `${id} was accepted or heard`);
    }
    assert.deepEqual([...offsets.values()], Array.from(offsets, (_, index) => index + 1));
    assert.equal(offsets.size, stored.publications.length, "no id is there twice");
    assertRising(writer.heard);
  }
  assert.equal(epochs.size, 1);
});

Deno.test("a full disk: a persistent room refuses what it cannot store, and nobody hears it", async () => {
  await using disk = await SmallDisk.mount(8 * 1024 * 1024);
  await using writer = new HistoryWriter(disk.path, disk.wrapper);
  await waitFor("it accepts", () => writer.accepted.length >= 100);
  disk.fill();
  await waitFor("it refuses", () => writer.refused.length >= 100);
  const { length } = writer.accepted;
  disk.free();
  await waitFor("it accepts again", () => writer.accepted.length >= length + 100);
  await writer.kill();
  assert.deepEqual(new Set(writer.refused.map(({ code }) => code)), new Set(["unavailable"]));
  const refused = new Set(writer.refused.map(({ id }) => id));
  assert.deepEqual(writer.heard.filter(({ id }) => refused.has(id)), []);
  assertRising(writer.heard);
});

Deno.test("a persistent room refuses what the disk does not take", async () => {
  await using store = await Store.make();
  await store.open(async (engine, heard) => {
    Deno.removeSync(`${store.dataDir}/notifyli.db`); // so that nothing would be there after the next start
    await assert.rejects(publish(engine, "a-1"), { code: "unavailable" });
    await engine.broker.publish(LOBBY, { ...message("left"), kind: "leave" });
    assert.deepEqual(heard, ["left"]);
  });
});

Deno.test("SqliteHistory removes what has ended, and no more", async () => {
  await using store = new SqliteStore(":memory:", { sync: "always", schemas: [HISTORY] });
  const history = new SqliteHistory(store, new StoreClock(store), () => {});
  const options = { size: 9, seconds: 60, persistent: true };
  const channels = ["stays", "ended", "expired"].map((name) => ({ ...LOBBY, name }));
  for (const channel of channels) {
    await history.publish(channel, { ...message("my-id"), isClientsId: true }, options);
  }
  const count = (table: string) =>
    Number(store.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  const counts = () => ["channels", "publications", "publication_ids"].map(count);
  await history.sweep();
  assert.deepEqual(counts(), [3, 3, 3]);
  await store.commit(() => {
    store.prepare("UPDATE channels SET ends_at = 1 WHERE name LIKE '%ended'").run();
    store.prepare("UPDATE channels SET expires_at = 1 WHERE name LIKE '%expired'").run();
  });
  await history.sweep();
  assert.deepEqual(counts(), [2, 1, 3], "ids are known for ten minutes, and go then");
  assert.deepEqual(channels.map((channel) => history.has(channel)), [true, true, false]);
  await store.commit(() => void store.prepare("UPDATE publication_ids SET at = 1").run());
  await history.sweep();
  assert.deepEqual(counts(), [2, 1, 0]);
});

/** A folder with a store, opened again and again. */
class Store implements AsyncDisposable {
  private constructor(readonly dataDir: string, readonly sync: "always" | "everysec") {}

  static async make(sync: "always" | "everysec" = "always"): Promise<Store> {
    return new Store(await Deno.makeTempDir(), sync);
  }

  /** @param use is given the ids of what is heard, too */
  async open<T>(use: (engine: Engine, heard: string[]) => Promise<T>): Promise<T> {
    const { dataDir, sync } = this;
    await using engine = openEmbedded({ dataDir, sync, stored: [] });
    const heard: string[] = [];
    await engine.run({
      handlePublication: (_channel, { id }) => void heard.push(id),
      handleRestored() {},
    });
    return await use(engine, heard);
  }

  /** As it is on the disk right now. */
  copyTo(other: Store): void {
    for (const { name } of Deno.readDirSync(this.dataDir)) {
      Deno.copyFileSync(`${this.dataDir}/${name}`, `${other.dataDir}/${name}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

async function publish(
  { broker }: Engine,
  id: string,
  options: Partial<HistoryOptions> = {},
  channel = LOBBY,
): Promise<Published | undefined> {
  const publication = { ...message(id), isClientsId: true };
  return await broker.publish(channel, publication, {
    size: 100,
    seconds: 60,
    persistent: true,
    ...options,
  });
}

function read({ broker }: Engine, persistent = true): Promise<History> {
  return broker.history(LOBBY, { limit: 1_000_000, persistent });
}

function assertRising(heard: readonly { readonly offset: number }[]): void {
  const offsets = heard.map(({ offset }) => offset);
  const first = offsets[0] ?? 0;
  assert.deepEqual(offsets, offsets.map((_, index) => first + index));
}
