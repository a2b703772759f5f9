/** What the database promises, in SQLite and in PostgreSQL. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import { type Database, row, rows } from "../../lib/engines/database/database.ts";
import { openPostgres, testDatabases } from "../support/databases.ts";
import { PostgresServer } from "../support/postgres.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

const TRIALS = {
  name: "trials",
  tables: [{
    name: "trials",
    sql:
      "CREATE TABLE trials (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, note TEXT, size BIGINT NOT NULL)",
  }],
};

const test = (what: string, run: (database: Database) => Promise<void>) =>
  testDatabases(what, run, { stored: [TRIALS] });

test("gives statements their values, and works their rows", async (database) => {
  const made = await database.transaction(function* () {
    yield* rows(
      "INSERT INTO trials (id, name, size) VALUES ($2, $1, $3)",
      "one",
      1,
      Number.MAX_SAFE_INTEGER,
    );
    return yield* row("SELECT id, name, size, $1 || name AS twice FROM trials", "x");
  });
  assert.deepEqual({ ...made }, {
    id: 1,
    name: "one",
    size: Number.MAX_SAFE_INTEGER,
    twice: "xone",
  });
  const [found] = await database.query("SELECT name, note FROM trials WHERE id = $1", 1);
  assert.deepEqual({ ...found }, { name: "one", note: null });
});

test("a work that refuses leaves nothing, and those beside it stay", async (database) => {
  const adding = Array.from({ length: 20 }, (_, id) =>
    database.transaction(function* () {
      yield* rows("INSERT INTO trials (id, name, size) VALUES ($1, $2, 0)", id, `name ${id}`);
      if (id % 5 === 3) throw new CodedError("forbidden", `Not ${id}`);
      return id;
    }));
  const results = await Promise.allSettled(adding);
  assert.deepEqual(
    results.map((each) => each.status === "fulfilled" ? each.value : each.reason.message),
    Array.from({ length: 20 }, (_, id) => id % 5 === 3 ? `Not ${id}` : id),
  );
  const [count] = await database.query("SELECT COUNT(*) AS count FROM trials");
  assert.equal(count?.["count"], 16);
});

test("works beside one that refuses late are done whole, and once", async (database) => {
  const ids = Array.from({ length: 10 }, (_, id) => id);
  for (const id of ids) {
    const sql = "INSERT INTO trials (id, name, size) VALUES ($1, $2, 0)";
    await database.transaction(() => rows(sql, id, `name ${id}`));
  }
  for (let round = 0; round < 5; round++) {
    await Promise.allSettled(ids.map((id) =>
      database.transaction(function* () {
        for (let step = 0; step < (id === 3 ? 3 : 10); step++) {
          yield* row("SELECT name FROM trials WHERE id = $1", id);
          yield* rows("UPDATE trials SET size = size + 1 WHERE id = $1", id);
        }
        if (id === 3) throw new CodedError("forbidden", "Too late");
      }, `trial ${id}`)
    ));
  }
  const found = await database.query("SELECT size FROM trials ORDER BY id");
  assert.deepEqual(found.map(({ size }) => size), ids.map((id) => id === 3 ? 0 : 50));
});

test("works of one key come one after the other", async (database) => {
  await database.transaction(() => rows("INSERT INTO trials (id, name, size) VALUES (1, 'n', 0)"));
  const counting = Array.from({ length: 50 }, () =>
    database.transaction(function* () {
      const before = yield* row("SELECT size FROM trials WHERE id = 1");
      const size = Number(before?.["size"]) + 1;
      yield* rows("UPDATE trials SET size = $1 WHERE id = 1", size);
      return size;
    }, "trial 1"));
  assert.deepEqual(
    await Promise.all(counting),
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});

test("two who make the same find one", async (database) => {
  const finding = Array.from({ length: 8 }, (_, index) =>
    database.transaction(function* () {
      const found = yield* row("SELECT id FROM trials WHERE name = 'same'");
      if (found !== undefined) return found["id"];
      yield* rows("INSERT INTO trials (id, name, size) VALUES ($1, 'same', 0)", index);
      return index;
    }));
  assert.equal(new Set(await Promise.all(finding)).size, 1);
});

test("an error of a statement is its caller's alone", async (database) => {
  const [wrong, right] = await Promise.allSettled([
    database.transaction(() => rows("INSERT INTO trials (id, size) VALUES (1, 0)")),
    database.transaction(() => rows("INSERT INTO trials (id, name, size) VALUES (2, 'two', 0)")),
  ]);
  assert.equal(wrong.status, "rejected");
  assert.equal(right.status, "fulfilled");
});

test("booleans, counts and sums are numbers", async (database) => {
  await database.transaction(() => rows("INSERT INTO trials (id, name, size) VALUES (1, 'n', 7)"));
  const [found] = await database.query(
    "SELECT EXISTS (SELECT 1 FROM trials) AS there, COUNT(*) AS count, SUM(size) AS sum FROM trials",
  );
  assert.deepEqual({ ...found }, { there: 1, count: 1, sum: 7 });
});

Deno.test("PostgreSQL that is away, killed or silent refuses, and is back by itself", async () => {
  await using server = await PostgresServer.stopped();
  await using database = await openNow(server.url);
  const refused = (how: string) =>
    assert.rejects(add(database, how), { name: "NotifyliError", code: "unavailable" });
  await refused("before it is there");
  await server.restart();
  await waitFor("it is reached", () => database.whyNotReady() === undefined);
  await add(database, "first");

  await server.cutConnections();
  await waitFor("it is back after a cut", () => add(database, "cut").then(() => true, () => false));

  const accepted = new Set<string>();
  const unknown = new Set<string>();
  const adding = Array.from({ length: 300 }, async (_, index) => {
    const name = `under load ${index}`;
    await add(database, name).then(
      () => accepted.add(name),
      (error) => error.code === "unconfirmed" && unknown.add(name),
    );
  });
  await server.stop("SIGKILL");
  await Promise.all(adding);
  await refused("while it is away");
  await server.restart();
  await waitFor("it is back", () => database.whyNotReady() === undefined);
  const stored = new Set((await database.query("SELECT name FROM trials")).map(({ name }) => name));
  for (const name of accepted) assert.ok(stored.has(name), `${name} was accepted`);
  for (const name of stored) {
    const isKnown = accepted.has(String(name)) || unknown.has(String(name));
    assert.ok(isKnown || !String(name).startsWith("under"), `${name} was refused`);
  }
});

Deno.test("a connection that ends in a transaction leaves no error that nobody catches", async () => {
  await using server = await PostgresServer.start();
  await using proxy = new TcpProxy(server.port);
  const url = server.url.replace(String(server.port), String(proxy.port));
  const uncaught: unknown[] = [];
  const note = (event: ErrorEvent) => {
    event.preventDefault();
    uncaught.push(event.error);
  };
  addEventListener("error", note);
  try {
    await using database = await openPostgres(url, [TRIALS]);
    for (const cuts of [1, 2, 3]) {
      const adding = Array.from({ length: cuts }, (_, index) =>
        database.transaction(function* () {
          yield* rows("SELECT pg_sleep(0.1 * $1)", index);
          yield* rows("SELECT pg_sleep(600)");
        }));
      const asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
      await waitFor("it works", async () => Number(await server.sql(asleep)) >= 1);
      proxy.cut();
      for (const each of await Promise.allSettled(adding)) {
        assert.equal(each.status === "rejected" && each.reason.code, "unavailable");
      }
      await waitFor(
        "it is back",
        () => add(database, `after ${cuts}`).then(() => true, () => false),
      );
    }
  } finally {
    removeEventListener("error", note);
  }
  assert.deepEqual(uncaught, []);
});

Deno.test("what was refused since PostgreSQL did not answer in time is not stored by a late answer", async () => {
  await using server = await PostgresServer.start();
  await using database = await openPostgres(server.url, [TRIALS]);
  const isUnderWay = async () =>
    await server.sql(
      "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'notifyli' AND xact_start IS NOT NULL",
    ) !== "0";
  const slow = (id: number) =>
    database.transaction(function* () {
      yield* rows("SELECT pg_sleep(1)");
      yield* rows("INSERT INTO trials (id, name, size) VALUES ($1, $2, 0)", id, `slow ${id}`);
    });
  {
    using _ = shorterSilence(300);
    await assert.rejects(slow(1), { code: "unavailable" });
  }
  await waitFor("it is used again", () => database.whyNotReady() === undefined);
  await waitFor("what was slow has ended", async () => !await isUnderWay());
  await slow(2);
  const found = await database.query("SELECT name FROM trials");
  assert.deepEqual(found.map(({ name }) => name), ["slow 2"]);
});

/** Has silence be noticed after so long in place of 15 s. */
function shorterSilence(afterMs: number): Disposable {
  const { setTimeout } = globalThis;
  const shorter = (callback: () => void, ms = 0) =>
    setTimeout(callback, ms === 15_000 ? afterMs : ms);
  globalThis.setTimeout = Object.assign(shorter, setTimeout);
  return { [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout) };
}

async function openNow(url: string) {
  const database = openPostgres(url, [TRIALS], 100);
  return await database;
}

let ids = 0;
function add(database: Database, name: string): Promise<unknown> {
  return database.transaction(() =>
    rows("INSERT INTO trials (id, name, size) VALUES ($1, $2, 0)", ++ids, name)
  );
}

Deno.test("nodes that start together make the tables once, and a later program's are refused", async () => {
  await using server = await PostgresServer.start();
  const nodes = await Promise.all([1, 2, 3].map(() => openPostgres(server.url, [TRIALS])));
  await Promise.all(nodes.map((each, index) => add(each, `of ${index}`)));
  for (const each of nodes) await each[Symbol.asyncDispose]();
  await using older = await openPostgres(server.url, [{ name: "trials", tables: [] }], 500);
  assert.match(
    older.whyNotReady() ?? "",
    /the version of its trials is 1, this program knows up to 0/,
  );
});
