/** Uploads on several nodes: one of them writes at a time, what a dead one had goes on, and what comes too late goes, too. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { pause } from "../../lib/base/clock.ts";
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import { startTasks } from "../../lib/core/task.ts";
import { CLOCKS } from "../../lib/engines/database/clock.ts";
import { type Database, rows } from "../../lib/engines/database/database.ts";
import { Thumbnails } from "../../lib/files/content/thumbnails.ts";
import { Files } from "../../lib/files/files.ts";
import { Lease } from "../../lib/files/lease.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import { DiskStore } from "../../lib/files/store/disk.ts";
import { AppendFailure, type FileStore } from "../../lib/files/store/file_store.ts";
import { FILE_TABLES } from "../../lib/files/tables.ts";
import { Thumbnailing } from "../../lib/files/thumbnailing.ts";
import { openPostgres, openSqlite } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { waitFor } from "../support/wait.ts";
import { plain } from "./content/images.ts";
import { openS3 } from "./s3_world.ts";
import { begin, bodyOf, DAY_MS, namesIn, storeText, textOf, userOf } from "./world.ts";

const alice = userOf("1");
const stored = [{ name: "files", tables: FILE_TABLES }];
const POSTGRES = await PostgresServer.start();

Deno.test.afterAll(() => POSTGRES[Symbol.asyncDispose]());

/** Nodes on one database and one store. */
interface World extends AsyncDisposable {
  readonly database: Database;
  readonly store: FileStore;
  readonly clock: { now: number };
  node(store?: FileStore): Promise<Files>;
  /** The names of what is in the store. */
  names(): Promise<string[]>;
  /** Of a disk. */
  readonly folder?: string;
}

for (const kind of ["disk", "S3"] as const) {
  const test = (what: string, run: (world: World) => Promise<void>) =>
    Deno.test(`${kind}: ${what}`, async () => {
      await using world = await openWorld(kind);
      await run(world);
    });

  test("an upload that goes on at another node is let go by the one that has it", async (world) => {
    const [one, other] = [await world.node(), await world.node()];
    const { id } = await begin(one, alice, 8);
    const hanging = hangingBody("half");
    const refused = assert.rejects(one.append(alice, id, { offset: 0, body: hanging.body }), {
      code: "offset_mismatch",
    });
    await hanging.begun;
    // Who asks how far it is, as all clients do that come back, has it let go.
    const { offset } = await other.upload(alice, id);
    await refused;
    assert.equal(offset, 4);
    await other.append(alice, id, { offset, body: bodyOf("done") });
    assert.equal(await textOf(one, await one.finish(alice, id)), "halfdone");
  });

  test("two nodes that write one upload at once: one after the other", async (world) => {
    const nodes = await Promise.all([world.node(), world.node(), world.node()]);
    const { id } = await begin(nodes[0]!, alice, 100_000);
    let [most, writing] = [0, 0];
    const ended = await Promise.allSettled(nodes.map((node, at) => {
      const body = async function* () {
        most = Math.max(most, ++writing);
        for (let count = 0; count < 10; count++) {
          await pause(2);
          yield new TextEncoder().encode(String(at).repeat(10_000));
        }
        writing--;
      };
      return node.append(alice, id, { offset: 0, body });
    }));
    for (const each of ended) {
      if (each.status === "rejected") assert.equal(each.reason.code, "offset_mismatch");
    }
    assert.equal(ended.filter(({ status }) => status === "fulfilled").length, 1);
    const file = await nodes[1]!.finish(alice, id);
    const text = await textOf(nodes[0]!, file);
    assert.match(text, /^(\d)\1{99999}$/);
    assert.equal(file.sha256, createHash("sha256").update(text).digest("hex"));
    assert.deepEqual(most, 1, "one at a time");
  });

  test("who has lost an upload writes nothing more, and moves nothing", async (world) => {
    const { database } = world;
    const node = await world.node();
    const { id } = await begin(node, alice, 8);
    const hanging = hangingBody("half");
    const append = node.append(alice, id, { offset: 0, body: hanging.body });
    await hanging.begun;
    // As another node does after this one stood still for long.
    await lease(database, id, "another", 60_000);
    await assert.rejects(append, { code: "offset_mismatch" });
    await lease(database, id, "another", 0);
    assert.equal((await node.upload(alice, id)).offset, 0);
  });

  test("who has lost an upload gives no link to it", async (world) => {
    const { database, store } = world;
    let isLost = false;
    const node = await world.node(changed(store, {
      direct: {
        pieceBytes: 8,
        link: () => Promise.resolve({ method: "PUT", url: "https://bucket/", headers: {} }),
        async arrived(id) {
          if (isLost) await lease(database, id, "another", 60_000);
          return 0;
        },
      },
    }));
    const { id } = await begin(node, alice, 16);
    const wanted = { offset: 0, sha256: "0".repeat(64) };
    await node.link(alice, id, wanted);
    isLost = true;
    const linked = await database.query("SELECT link_until FROM files");
    world.clock.now += 1000;
    await assert.rejects(node.link(alice, id, wanted), { code: "offset_mismatch" });
    assert.deepEqual(await database.query("SELECT link_until FROM files"), linked);
  });

  test("what a node writes that stood still, after another one has ended the upload, goes", async (world) => {
    const { database, store } = world;
    const whole = () => bodyOf("too late")(new AbortController().signal);
    const file = () => bodyOf("the file")(new AbortController().signal);
    const ends: [what: string, end: (id: string) => Promise<unknown>, left: number][] = [
      ["is gone", (id) => database.query(`DELETE FROM files WHERE id = '${id}'`), 0],
      ["goes", (id) => goes(id, "going"), 0],
      ["has gone", (id) => goes(id, "gone"), 0],
      ["is there", async (id) => {
        await store.put(id, "file", file());
        await goes(id, "stored");
      }, 1],
      ["goes on", (id) => lease(database, id, "another", 60_000), 2],
    ];
    const goes = (id: string, state: string) =>
      database.query(`UPDATE files SET state = '${state}', lease_owner = NULL, lease_until = NULL
        WHERE id = '${id}'`);
    for (const [what, end, left] of ends) {
      const node = await world.node(changed(store, {
        async append(id, offset) {
          await end(id);
          return await store.append(id, offset, whole());
        },
      }));
      const { id } = await begin(node, alice, 8);
      const append = node.append(alice, id, { offset: 0, body: bodyOf("too late") });
      await assert.rejects(append, { code: "offset_mismatch" }, what);
      assert.equal((await world.names()).length, left, what);
    }
  });

  test("what comes into the store after a file has gone goes, too", async (world) => {
    const { database, store } = world;
    const node = await world.node();
    const { id } = await begin(node, alice, 8);
    // A node writes, and does not know yet that the upload has ended, or is dead by then.
    await lease(database, id, "dead", 60_000);
    await node.cancel(alice, id);
    await using _tasks = startTasks([node.sweeper]);
    await waitFor("it has gone", async () => (await statesOf(database)).join() === "gone");
    assert.deepEqual(await totals(database), [{ files: 0, bytes: 0 }, { files: 0, bytes: 0 }]);
    await store.append(id, 0, bodyOf("too late")(new AbortController().signal));
    await lease(database, id, "dead", -DAY_MS);
    world.clock.now += DAY_MS;
    await waitFor("nothing is left", async () => {
      node.sweeper.soon();
      return (await statesOf(database)).length === 0;
    });
    assert.deepEqual(await world.names(), []);
    assert.deepEqual(await totals(database), [{ files: 0, bytes: 0 }, { files: 0, bytes: 0 }]);
  });

  test("what a store takes that has said it failed goes, too, where it comes later", async (world) => {
    const { database, store } = world;
    const node = await world.node(changed(store, {
      append: () => Promise.reject(new AppendFailure("store", 0, new Error("it answers 504"))),
    }));
    const whole = node.store(alice, { name: "a", length: 8 }, bodyOf("too late"));
    await assert.rejects(whole, { code: "unavailable" });
    const { id } = await begin(node, alice, 8);
    const append = node.append(alice, id, { offset: 0, body: bodyOf("too late") });
    await assert.rejects(append, { code: "unavailable" });
    await node.cancel(alice, id);
    await using _tasks = startTasks([node.sweeper]);
    await waitFor("both have gone", async () => `${await statesOf(database)}` === "gone,gone");
    for (const { id } of await database.query("SELECT id FROM files")) {
      await store.append(String(id), 0, bodyOf("too late")(new AbortController().signal));
      await lease(database, String(id), null, -DAY_MS);
    }
    world.clock.now += DAY_MS;
    await waitFor("nothing is left", async () => {
      node.sweeper.soon();
      return (await statesOf(database)).length === 0;
    });
    assert.deepEqual(await world.names(), []);
  });

  test("what is written while the bytes of a file are deleted goes, too", async (world) => {
    const { database, store } = world;
    let isWritten = false;
    const node = await world.node(changed(store, {
      async delete(id) {
        await store.delete(id);
        if (isWritten) return;
        isWritten = true;
        // The one that wrote has ended before the row is looked at again.
        await store.append(id, 0, bodyOf("just now")(new AbortController().signal));
        await database.transaction(() =>
          rows("UPDATE files SET lease_owner = NULL, lease_until = NULL WHERE id = $1", id)
        );
      },
    }));
    const { id } = await begin(node, alice, 8);
    await lease(database, id, "another", 60_000);
    await node.cancel(alice, id);
    await using _tasks = startTasks([node.sweeper]);
    await waitFor("nothing is left", async () => {
      node.sweeper.soon();
      return (await statesOf(database)).length === 0;
    });
    assert.ok(isWritten);
    assert.deepEqual(await world.names(), []);
  });

  test("an upload whose user is erased ends by itself, and leaves nothing", async (world) => {
    const { database } = world;
    const node = await world.node();
    const { id } = await begin(node, alice, 8);
    const hanging = hangingBody("half");
    const append = node.append(alice, id, { offset: 0, body: hanging.body });
    await hanging.begun;
    await database.transaction(() =>
      rows("UPDATE files SET state = 'going', due_at = 0 WHERE id = $1", id)
    );
    await using _tasks = startTasks([node.sweeper]);
    await assert.rejects(append, { code: "offset_mismatch" });
    await waitFor("nothing is left", async () => {
      return (await statesOf(database)).length === 0 && (await world.names()).length === 0;
    });
  });

  test("a thumbnail that is written as its file goes, and then the server dies", async (world) => {
    const { database, store } = world;
    const node = await world.node();
    await using thumbnails = (await Thumbnails.open())!;
    const picture = await plain("image/jpeg", { width: 400, height: 300 });
    const file = await node.store(alice, { name: "a.jpg" }, bodyOf(picture));
    const { promise: isWriting, resolve: write } = Promise.withResolvers<void>();
    const { promise: mayWrite, resolve: goOn } = Promise.withResolvers<void>();
    const slow = changed(store, {
      async put(...given) {
        write();
        await mayWrite;
        await store.put(...given);
      },
    });
    const counters = fileCounters();
    const thumbnailing = new Thumbnailing({ database, store: slow, counters, thumbnails });
    const made = thumbnailing.get(file, 160);
    await isWriting;
    await node.remove(alice, file.id);
    await using _tasks = startTasks([node.sweeper]);
    await waitFor("it has gone", async () => (await statesOf(database)).join() === "gone");
    assert.deepEqual(await world.names(), []);
    assert.deepEqual(await totals(database), [{ files: 0, bytes: 0 }, { files: 0, bytes: 0 }]);
    goOn();
    await made;
    // From now on nothing of the process that wrote it is left that would know of it.
    assert.equal((await world.names()).length, 1);
    await lease(database, file.id, null, -DAY_MS);
    world.clock.now += DAY_MS;
    await waitFor("nothing is left", async () => {
      node.sweeper.soon();
      return (await statesOf(database)).length === 0 && (await world.names()).length === 0;
    });
  });
}

Deno.test("what a crash has left half written beside a file goes, and the file stays", async () => {
  await using world = await openWorld("disk");
  const { database } = world;
  const node = await world.node();
  const file = await storeText(node, alice, "Hello");
  await Deno.writeTextFile(`${world.folder}/uploads/${file.id}.160`, "half");
  await lease(database, file.id, null, -DAY_MS);
  await using _tasks = startTasks([node.sweeper]);
  await waitFor("it is gone", async () => (await world.names()).join() === file.id);
  await waitFor("it is noted", async () => {
    const found = await database.query("SELECT lease_until FROM files");
    return found[0]?.["lease_until"] === null;
  });
  assert.equal(await textOf(node, file), "Hello");
});

Deno.test("an upload that a dead node had goes on when its lease has ended", async () => {
  await using world = await openWorld("disk");
  const node = await world.node();
  const { id } = await begin(node, alice, 8);
  await node.append(alice, id, { offset: 0, body: bodyOf("half") });
  await lease(world.database, id, "dead", 500);
  const startedAt = performance.now();
  const { offset } = await node.append(alice, id, { offset: 4, body: bodyOf("done") });
  assert.ok(performance.now() - startedAt > 400, "it has waited");
  assert.equal(offset, 8);
  // Where nobody lets it go, it is said at last.
  const held = await begin(node, alice, 8);
  await lease(world.database, held.id, "alive", 60_000);
  await assert.rejects(node.append(alice, held.id, { offset: 0, body: bodyOf("x") }), {
    code: "offset_mismatch",
  });
});

Deno.test("with SQLite there is no other server: what one had that is dead goes on at once", async () => {
  const folder = await Deno.makeTempDir();
  await using database = await openSqlite(stored);
  await using store = await DiskStore.open(folder);
  const node = filesOn(database, store, { now: Date.now() });
  const { id } = await begin(node, alice, 4);
  await lease(database, id, "dead", 600_000);
  assert.equal((await node.append(alice, id, { offset: 0, body: bodyOf("done") })).offset, 4);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a lease that could not be renewed is waited for, and a lost one is lost", async () => {
  const stop = new AbortController();
  let failures = 2;
  const isLost = { now: false };
  const lease: Lease = new Lease("an-upload", {
    ...{ stop, sureUntil: performance.now() - 1, end: () => Promise.resolve() },
    renew() {
      if (failures-- > 0) return Promise.reject(new Error("the database is away"));
      const renewed = isLost.now ? undefined : { state: "coming" as const, isWanted: false };
      lease.note(renewed, performance.now() + 50);
      return Promise.resolve();
    },
  });
  await lease.sure();
  assert.ok(failures < 0 && !stop.signal.aborted);
  isLost.now = true;
  await waitFor("it is not sure any more", async () => {
    return await lease.sure().then(() => false, (error) => {
      assert.ok(error instanceof AppendFailure && error.reason === "busy");
      return true;
    });
  });
  assert.ok(stop.signal.aborted);
});

async function openWorld(kind: "disk" | "S3"): Promise<World> {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await openPostgres(await POSTGRES.createDatabase(), stored));
  const clock = { now: Date.now() };
  let store: FileStore;
  let names: () => Promise<string[]>;
  let folder: string | undefined;
  if (kind === "S3") {
    const tested = parts.use(await openS3());
    store = tested.store;
    names = () => tested.names();
  } else {
    const made = folder = await Deno.makeTempDir();
    parts.defer(() => Deno.remove(made, { recursive: true }));
    store = parts.use(await DiskStore.open(made));
    names = () => namesIn(made);
  }
  const all = parts.move();
  return {
    ...{ database, store, clock, names, ...(folder !== undefined && { folder }) },
    async node(own = store) {
      const files = filesOn(database, own, clock);
      await files.links.load();
      return files;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function filesOn(database: Database, store: FileStore, clock: { now: number }): Files {
  return new Files({
    ...{ database, store, counters: fileCounters() },
    config: configOf(readConfig({}).config, settings),
    ask: () => undefined,
    now: () => clock.now,
  });
}

/** The store, but for some of what it does. */
function changed(store: FileStore, other: Partial<FileStore>): FileStore {
  return new Proxy(store, {
    get(_store, name) {
      const value = Reflect.get(name in other ? other : store, name);
      return typeof value === "function" ? value.bind(store) : value;
    },
  });
}

/** A body of which no more comes until it is told to stop. */
function hangingBody(text: string) {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const body = async function* (signal: AbortSignal) {
    yield new TextEncoder().encode(text);
    resolve();
    await new Promise((done) => signal.addEventListener("abort", done));
  };
  return { begun, body };
}

/** Sets a lease by the database's clock. */
async function lease(
  database: Database,
  id: string,
  owner: string | null,
  ms: number,
): Promise<void> {
  const clock = CLOCKS[database.dialect];
  await database.transaction(() =>
    rows(
      `UPDATE files SET lease_owner = $2, lease_until = ${clock} + $3 WHERE id = $1`,
      ...[id, owner, ms],
    )
  );
}

async function statesOf(database: Database): Promise<string[]> {
  return (await database.query("SELECT state FROM files")).map(({ state }) => String(state));
}

async function totals(database: Database): Promise<object[]> {
  const found = await database.query("SELECT files, bytes FROM file_totals ORDER BY owner");
  return found.map((row) => ({ ...row }));
}
