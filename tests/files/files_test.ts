/** Files on both databases: how they come, who sees them, how many there may be, and how they go. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import { type Database, rows, type Work } from "../../lib/engines/database/database.ts";
import type { FileActor } from "../../lib/files/access.ts";
import type { Files } from "../../lib/files/files.ts";
import { FILE_TABLES } from "../../lib/files/tables.ts";
import type { FileUse, StoredFile } from "../../lib/files/types.ts";
import { FileData } from "../../lib/files/user_data.ts";
import { testDatabases } from "../support/databases.ts";
import {
  APPLICATION,
  begin,
  bodyOf,
  brokenBody,
  DAY_MS,
  type FilesWorld,
  filesWorld,
  namesIn,
  storeText,
  textOf,
  userOf,
  type WorldOptions,
} from "./world.ts";

const [alice, bob, carol] = [userOf("1"), userOf("2"), userOf("3")];
const stored = [{ name: "files", tables: FILE_TABLES }];

function test(
  what: string,
  run: (world: FilesWorld, database: Database) => Promise<void>,
  options: WorldOptions = {},
): void {
  testDatabases(what, async (database) => {
    await using world = await filesWorld(database, options);
    await run(world, database);
  }, { stored });
}

test("a file that was stored has facts, bytes and a link", async ({ files, folder }) => {
  const file = await storeText(files, alice, "Hello, world", "C:\\me\\grüße.txt");
  assert.deepEqual({ ...file, id: "", createdAt: 0 }, {
    ...{ id: "", site: "default", owner: "1", name: "grüße.txt", bytes: 12, createdAt: 0 },
    type: "text/plain",
    sha256: "4ae7c3b6ac0beff671efa8cf57386151c06e58ca53a78d83f36107316cec125f",
  });
  assert.equal(await textOf(files, file), "Hello, world");
  const link = new URL(files.linkTo(file.id)!, "http://x");
  assert.equal(link.pathname, `/files/${file.id}`);
  const signature = link.searchParams.get("signature")!;
  assert.equal((await files.findByLink(file.id, signature)).sha256, file.sha256);
  assert.deepEqual(await namesIn(folder), [file.id]);
});

test("no id of a file looks like an option of a command", async ({ files }) => {
  const begun = await Promise.all(
    Array.from({ length: 500 }, (_, index) => begin(files, alice, 1, `own-${index}`)),
  );
  assert.deepEqual(begun.filter(({ id }) => id.startsWith("-")), []);
});

test(
  "what breaks off leaves nothing, and what is too long or too short",
  async (world, database) => {
    const { files } = world;
    const wanted = { name: "a", length: 10 };
    for (
      const [body, code] of [
        [brokenBody("abc"), "invalid_field"],
        [bodyOf("abc"), "invalid_field"],
        [bodyOf("abcdefghijk"), "invalid_field"],
      ] as const
    ) await assert.rejects(files.store(alice, wanted, body), { code });
    await assert.rejects(files.store(alice, { name: "a" }, brokenBody("abc")), {
      code: "invalid_field",
    });
    await world.swept([]);
    assert.deepEqual(await totalsOf(database, alice), { files: 0, bytes: 0 });
  },
);

test("an upload goes on where it broke off, on another node and after a restart, too", async (world) => {
  const { files } = world;
  const { id } = await begin(files, alice, 11);
  const first = { offset: 0, body: brokenBody("one ") };
  await assert.rejects(files.append(alice, id, first), { code: "invalid_field" });
  assert.equal((await files.upload(alice, id)).offset, 4);
  for (const other of [bob, userOf("1", "acme"), APPLICATION]) {
    await assert.rejects(files.upload(other, id), { code: "not_found" });
    await assert.rejects(files.append(other, id, first), { code: "not_found" });
    await assert.rejects(files.cancel(other, id), { code: "not_found" });
  }
  for (const offset of [0, 3, 5]) {
    await assert.rejects(files.append(alice, id, { offset, body: bodyOf("x") }), {
      code: "offset_mismatch",
    });
  }
  const restarted = world.again();
  assert.equal((await restarted.append(alice, id, { offset: 4, body: bodyOf("two") })).offset, 7);
  await assert.rejects(restarted.finish(alice, id), { code: "offset_mismatch" });
  await files.append(alice, id, { offset: 7, body: bodyOf(" six") });
  await assert.rejects(files.find(alice, id), { code: "not_found" });
  const file = await files.finish(alice, id);
  assert.equal(file.id, id);
  assert.equal(await textOf(files, file), "one two six");
  assert.deepEqual(await files.finish(alice, id), file);
  // node:crypto's hash of the same text.
  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-256", new TextEncoder().encode("one two six")),
  );
  assert.equal(file.sha256, hash.toHex());
});

test("who comes back interrupts who is still taken for connected", async ({ files }) => {
  const { id } = await begin(files, alice, 8);
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  let isInterrupted = false;
  const hanging = async function* (signal: AbortSignal) {
    yield new TextEncoder().encode("half");
    resolve();
    await new Promise((done) => signal.addEventListener("abort", done));
    isInterrupted = true;
  };
  const first = files.append(alice, id, { offset: 0, body: hanging });
  const refused = assert.rejects(first, { code: "offset_mismatch" });
  await begun;
  // Nobody else interrupts it, who may have seen its id.
  for (const stranger of [bob, userOf("1", "acme"), APPLICATION]) {
    const next = { offset: 4, body: bodyOf("!") };
    await assert.rejects(files.upload(stranger, id), { code: "not_found" });
    await assert.rejects(files.append(stranger, id, next), { code: "not_found" });
    await assert.rejects(files.finish(stranger, id), { code: "not_found" });
    await assert.rejects(files.cancel(stranger, id), { code: "not_found" });
  }
  assert.equal(isInterrupted, false);
  const { offset } = await files.upload(alice, id);
  await refused;
  assert.equal(offset, 4);
  await files.append(alice, id, { offset, body: bodyOf("done") });
  assert.equal(await textOf(files, await files.finish(alice, id)), "halfdone");
});

test("two bodies at once for one upload: no byte of one is among those of the other", async (world) => {
  const { files } = world;
  const { id } = await begin(files, alice, 100_000);
  const nodes = [files, files, world.again(), world.again()];
  await Promise.allSettled(
    nodes.map((node, at) =>
      node.append(alice, id, { offset: 0, body: bodyOf(String(at).repeat(100_000)) })
    ),
  );
  const { offset } = await files.upload(alice, id);
  if (offset < 100_000) {
    await files.append(alice, id, { offset, body: bodyOf("9".repeat(100_000 - offset)) });
  }
  const text = await textOf(files, await files.finish(alice, id));
  assert.match(text, /^(\d)\1*9*$/);
  assert.equal(text.length, 100_000);
});

test("the same id of the uploader's is the same file, and not another uploader's", async ({ files }) => {
  const ownId = "order-7";
  const wanted = { name: "a", length: 5, ownId };
  const file = await files.store(alice, wanted, bodyOf("Hello"));
  assert.deepEqual(await files.store(alice, wanted, bodyOf("again")), file);
  assert.deepEqual(await files.begin(alice, wanted), file);
  assert.notEqual((await files.store(bob, wanted, bodyOf("Hello"))).id, file.id);
  await files.remove(alice, file.id);
  assert.notEqual((await files.store(alice, wanted, bodyOf("Hello"))).id, file.id);
});

test("of bodies at once with one id, one becomes the file, and the others may be sent again", async (world) => {
  const { files } = world;
  for (let round = 0; round < 10; round++) {
    const wanted = { name: "a", length: 5, ownId: `order-${round}` };
    const nodes = [files, files, files, files, world.again()];
    const settled = await Promise.allSettled(
      nodes.map((node) => node.store(alice, wanted, bodyOf("Hello"))),
    );
    const taken = settled.filter((each) => each.status === "fulfilled").map((each) =>
      each.value.id
    );
    const again = await files.store(alice, wanted, bodyOf("Hello"));
    assert.deepEqual([...new Set([...taken, again.id])], [again.id]);
    assert.equal(await textOf(files, again), "Hello");
    for (const each of settled) {
      if (each.status === "fulfilled") continue;
      // One that another node has ended is gone.
      assert.ok(["offset_mismatch", "not_found"].includes(each.reason.code), String(each.reason));
    }
  }
});

test(
  "a file that somebody was told of stays, although the request that brought it fails",
  async (world, database) => {
    const { files } = world;
    const wanted = { name: "a", length: 5, ownId: "order-1" };
    let told: StoredFile | undefined;
    // The answer to the commit that accepts the file is lost, and somebody else asked for it just before.
    const cut: Database = Object.create(database, {
      transaction: {
        async value<Result>(work: () => Work<Result>): Promise<Result> {
          const result = await database.transaction(work);
          if (told !== undefined) return result;
          const [file] = await database.transaction(() => rows("SELECT state FROM files"));
          if (file?.["state"] !== "stored") return result;
          told = await files.store(alice, wanted, bodyOf("Hello"));
          throw new Error("the connection was lost");
        },
      },
    });
    await assert.rejects(world.again(cut).store(alice, wanted, bodyOf("Hello")), /was lost/);
    assert.deepEqual(await files.find(alice, told!.id), told);
    assert.deepEqual(await files.store(alice, wanted, bodyOf("Hello")), told);
  },
);

test(
  "a file is seen by its owner, its site's applications, and whoever a use lets",
  async ({ files }, database) => {
    const file = await storeText(files, alice);
    const others: FileActor[] = [bob, carol, userOf("1", "acme"), { site: "default" }, {
      ...{ site: "acme", isApplication: true },
    }, { ...bob, isApplication: true }];
    const unseen = async (actor: FileActor) => {
      await assert.rejects(files.find(actor, file.id), (error) => {
        assert.ok(error instanceof CodedError);
        assert.deepEqual([error.code, error.message], [
          "not_found",
          `There is no file "${file.id}"`,
        ]);
        return true;
      });
    };
    for (const other of others) await unseen(other);
    assert.deepEqual(await files.find(alice, file.id), file);
    assert.deepEqual(await files.find(APPLICATION, file.id), file);
    for (const id of ["", "x".repeat(22), `${file.id}x`, "../../x"]) {
      await assert.rejects(files.find(alice, id), { code: "not_found" });
    }

    // By a use that says its reader, as long as it counts.
    const use = { kind: "notification", ref: "n1", site: "default", user: "2" };
    await noteUse(files, database, alice, file.id, use);
    assert.deepEqual(await files.find(bob, file.id), file);
    for (const other of others.slice(1, 5)) await unseen(other);

    // By a kind that says who sees what uses it.
    const asked: (readonly string[])[] = [];
    files.addKind("message", {
      *maySee({ user }, refs) {
        yield* rows("SELECT 1 AS one"); // it may ask the database
        asked.push(refs);
        return user === "3" && refs.includes("12");
      },
    });
    await unseen(carol);
    await noteUse(files, database, bob, file.id, { kind: "message", ref: "11", site: "default" });
    await unseen(carol);
    await noteUse(files, database, alice, file.id, { kind: "message", ref: "12", site: "default" });
    assert.deepEqual(await files.find(carol, file.id), file);
    assert.deepEqual(asked.map((refs) => [...refs].sort().join()), ["11", "11,12"]);
    await unseen(userOf("4"));
  },
);

test("who does not see a file cannot use it, nor remove it", async ({ files }, database) => {
  const file = await storeText(files, alice);
  const use = { kind: "notification", ref: "n1", site: "default", user: "2" };
  for (const id of [file.id, "x".repeat(22)]) {
    await assert.rejects(noteUse(files, database, bob, id, use), {
      code: "invalid_field",
      options: { field: "file" },
    });
  }
  await files.remove(bob, file.id);
  await files.remove(bob, "x".repeat(22));
  assert.equal(await textOf(files, file), "Hello");
  await noteUse(files, database, alice, file.id, use);
  await assert.rejects(files.remove(bob, file.id), { code: "forbidden" });
  await files.remove(APPLICATION, file.id);
  await assert.rejects(files.find(alice, file.id), { code: "not_found" });
});

test("a use whose transaction fails was never there", async (world, database) => {
  const { files, clock } = world;
  const file = await storeText(files, alice);
  const use = { kind: "notification", ref: "n1", site: "default", user: "2" };
  await assert.rejects(
    database.transaction(function* () {
      yield* files.use(alice, file.id, use);
      throw new CodedError("forbidden", "no");
    }),
    { code: "forbidden" },
  );
  await assert.rejects(files.find(bob, file.id), { code: "not_found" });
  clock.now += DAY_MS;
  await world.swept([]);
});

test(
  "what nobody uses goes after a day, and what is used stays until its last use",
  async (world, database) => {
    const { files, clock } = world;
    const unused = await storeText(files, alice, "unused");
    const used = await storeText(files, alice, "used");
    const { id: upload } = await begin(files, alice, 10);
    await files.append(alice, upload, { offset: 0, body: bodyOf("five!") });
    for (const ref of ["1", "2"]) {
      await noteUse(files, database, alice, used.id, { kind: "message", ref, site: "default" });
    }
    clock.now += DAY_MS - 1000;
    await world.swept([unused.id, used.id, upload]);
    clock.now += 1000;
    await world.swept([used.id]);
    await assert.rejects(files.find(alice, unused.id), { code: "not_found" });
    await assert.rejects(files.upload(alice, upload), { code: "not_found" });
    assert.deepEqual(await totalsOf(database, alice), { files: 1, bytes: 4 });

    await database.transaction(() => files.unuse("message", ["1", "7"]));
    clock.now += 100 * DAY_MS;
    await world.swept([used.id]);
    assert.equal((await files.find(alice, used.id)).id, used.id);
    await database.transaction(() => files.unuse("message", ["2"]));
    await assert.rejects(files.find(alice, used.id), { code: "not_found" });
    await world.swept([]);
    assert.deepEqual(await totalsOf(database, alice), { files: 0, bytes: 0 });
  },
);

test("a use ends at its time, and the file with it", async (world, database) => {
  const { files, clock } = world;
  const file = await storeText(files, alice);
  const until = clock.now + 5000;
  const use = { kind: "notification", ref: "n", site: "default", user: "2", until };
  await noteUse(files, database, alice, file.id, use);
  await files.find(bob, file.id);
  clock.now = until;
  await assert.rejects(files.find(bob, file.id), { code: "not_found" });
  await world.swept([]);
});

test(
  "a file that is used and let go at once is either there or its user is told",
  async (world, database) => {
    const { files } = world;
    for (let round = 0; round < 20; round++) {
      const file = await storeText(files, alice);
      const [old, next] = [`${round}-old`, `${round}-new`];
      await noteUse(files, database, alice, file.id, {
        kind: "message",
        ref: old,
        site: "default",
      });
      const [used] = await Promise.allSettled([
        noteUse(files, database, alice, file.id, { kind: "message", ref: next, site: "default" }),
        database.transaction(() => files.unuse("message", [old])),
      ]);
      const found = await files.find(alice, file.id).then(() => true, () => false);
      assert.equal(found, used.status === "fulfilled", `round ${round}: ${used.status}`);
    }
  },
);

test(
  "bytes and files of a user and of a site have limits, announced and real ones",
  async (world) => {
    const { files } = world;
    await storeText(files, alice, "x".repeat(60));
    await assert.rejects(begin(files, alice, 41), { code: "storage_full" });
    await assert.rejects(begin(files, alice, 101), { code: "too_large" });
    const upload = await begin(files, alice, 40);
    await assert.rejects(begin(files, alice, 1), { code: "storage_full" });
    await files.cancel(alice, upload.id);
    const rest = { name: "a" }; // of unknown length
    await assert.rejects(files.store(alice, rest, bodyOf("x".repeat(41))), { code: "too_large" });
    await world.swept([(await files.list(alice, { limit: 5 }))[0]!.id]);
    await files.store(alice, rest, bodyOf("x".repeat(40)));
    for (let count = 0; count < 3; count++) await begin(files, bob, 0, `b${count}`);
    await begin(files, bob, 0, "b0");
    await assert.rejects(begin(files, bob, 0), { code: "too_many_files" });
    await begin(files, carol, 50);
    await assert.rejects(begin(files, userOf("4"), 1), { code: "storage_full" });
    await begin(files, userOf("4"), 0);
    await assert.rejects(begin(files, userOf("5"), 0), { code: "too_many_files" });
    await begin(files, userOf("5", "acme"), 50);
  },
  {
    env: {
      FILES_MAX_BYTES: "100",
      FILES_USER_BYTES: "100",
      FILES_USER_COUNT: "3",
      FILES_SITE_BYTES: "150",
      FILES_SITE_COUNT: "7",
    },
  },
);

test("uploads from two sides at once are no more than there may be", async (world, database) => {
  const nodes = [world.files, world.again()];
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, (_, at) => storeText(nodes[at % 2]!, alice, "x".repeat(10))),
  );
  const codes = results.flatMap((each) => each.status === "rejected" ? [each.reason.code] : []);
  assert.deepEqual(codes, Array(15).fill("storage_full"));
  assert.deepEqual(await totalsOf(database, alice), { files: 5, bytes: 50 });
}, { env: { FILES_USER_BYTES: "50" } });

test(
  "the application that is asked reads the file before others do, and may refuse it",
  async (world) => {
    const { files } = world;
    [asking, isAway] = [files, true];
    seen.length = 0;
    const file = await storeText(files, alice, "good");
    assert.deepEqual(seen.splice(0), [`${file.id} 4 good`]);
    await assert.rejects(storeText(files, alice, "evil"), { code: "file_refused" });
    await world.swept([file.id]);
    const { id } = await begin(files, alice, 4);
    await files.append(alice, id, { offset: 0, body: bodyOf("away") });
    await assert.rejects(files.finish(alice, id), { code: "unavailable" });
    // The upload is still there: it is tried again.
    assert.equal((await files.upload(alice, id)).offset, 4);
    isAway = false;
    assert.equal((await files.finish(alice, id)).id, id);
  },
  { ask: (...given) => ask(...given) },
);

let asking: Files | undefined;
let isAway = true;
const seen: string[] = [];

async function ask({ id, bytes }: { id: string; bytes: number }, url: string): Promise<void> {
  assert.ok(asking);
  const signature = new URL(url, "http://x").searchParams.get("signature")!;
  const text = await textOf(asking, await asking.findByLink(id, signature));
  await assert.rejects(asking.find(alice, id), { code: "not_found" });
  seen.push(`${id} ${bytes} ${text}`);
  if (text === "evil") throw new CodedError("file_refused", "a virus");
  if (text === "away" && isAway) throw new CodedError("unavailable", "nobody answers");
}

test("only some types, by the bytes and not by the name", async ({ files }) => {
  await assert.rejects(storeText(files, alice, "plain", "image.png"), { code: "type_denied" });
  const pdf = await storeText(files, alice, "%PDF-1.7\n", "doc.exe");
  assert.equal(pdf.type, "application/pdf");
}, { env: { FILES_TYPES: "image/*,application/pdf" } });

test("links end, and nobody makes one", async ({ files, clock }) => {
  const file = await storeText(files, alice);
  const signature = files.linkTo(file.id)!.split("signature=")[1]!;
  const [end = "", mac = ""] = signature.split(".");
  const later = (parseInt(end, 36) + 1).toString(36);
  const other = await storeText(files, alice);
  for (
    const wrong of [
      ...[
        "",
        ".",
        `${later}.${mac}`,
        `${end}.${"A".repeat(22)}`,
        `${end}.${mac}x`,
        `0${end}.${mac}`,
      ],
      files.linkTo(other.id)!.split("signature=")[1]!,
    ]
  ) await assert.rejects(files.findByLink(file.id, wrong), { code: "not_found" }, wrong);
  assert.equal(files.linkTo(file.id)!.split("signature=")[1], signature, "it stays the same");
  clock.now += DAY_MS;
  await files.findByLink(file.id, signature);
  clock.now += DAY_MS;
  await assert.rejects(files.findByLink(file.id, signature), { code: "forbidden" });
  await files.remove(alice, other.id);
  const gone = files.linkTo(other.id)!.split("signature=")[1]!;
  await assert.rejects(files.findByLink(other.id, gone), { code: "not_found" });
});

test("a user's files are listed, exported and erased", async (world, database) => {
  const { files, clock } = world;
  const mine = [];
  for (let count = 0; count < 5; count++) {
    mine.unshift((await storeText(files, alice, String(count))).id);
    clock.now += count % 2; // some of them come in the same moment
  }
  const his = await storeText(files, bob);
  const pages: string[] = [];
  let after: StoredFile | undefined;
  for (;;) {
    const page = await files.list(alice, { limit: 2, after });
    pages.push(...page.map(({ id }) => id));
    after = page.at(-1);
    if (after === undefined) break;
  }
  assert.deepEqual([...pages].sort(), [...mine].sort());
  assert.equal((await files.list(APPLICATION, { limit: 10 })).length, 6);
  assert.deepEqual(await files.list({ ...APPLICATION, site: "acme" }, { limit: 10 }), []);
  const data = new FileData(files, database, () => clock.now);
  const subject = { site: "default", user: "1" };
  const records = await Array.fromAsync(data.export(subject));
  assert.deepEqual(records.map(({ type, id }) => [type, id]), pages.map((id) => ["file", id]));
  await begin(files, alice, 3);
  const { erased } = await data.erase(subject);
  assert.deepEqual([erased, await data.erase(subject)], [{ files: 6 }, {
    ...{ erased: { files: 0 }, more: false },
  }]);
  await world.swept([his.id]);
  assert.deepEqual(await totalsOf(database, alice), { files: 0, bytes: 0 });
});

test("a crash at any moment leaves nothing for ever, and nothing half", async (world, database) => {
  const { files, store, clock, folder } = world;
  // Before the bytes were safe, and between their place and their row.
  const [early, late, gone] = [
    await begin(files, alice, 4),
    await begin(files, alice, 4),
    await storeText(files, alice),
  ];
  await store.append(early.id, 0, ReadableStream.from([new Uint8Array(3)]));
  await files.append(alice, late.id, { offset: 0, body: bodyOf("late") });
  await store.complete(late.id, 4);
  // Between the row that goes and its bytes, and between the bytes and the row.
  await database.transaction(() =>
    rows("UPDATE files SET state = 'going', due_at = 0 WHERE id = $1", gone.id)
  );
  const restarted = world.again();
  assert.equal((await restarted.upload(alice, early.id)).offset, 0);
  assert.equal(await textOf(files, await restarted.finish(alice, late.id)), "late");
  await world.swept([early.id, late.id]);
  clock.now += 2 * DAY_MS;
  await store.delete(early.id);
  await world.swept([]);
  assert.equal((await database.query("SELECT id FROM files")).length, 0);
  assert.deepEqual(await namesIn(folder), []);
});

async function noteUse(
  files: Files,
  database: Database,
  actor: FileActor,
  id: string,
  use: FileUse,
): Promise<void> {
  await database.transaction(() => files.use(actor, id, use));
}

/** What counts for the limits, which has to be what there is. */
async function totalsOf(database: Database, { site, user }: FileActor): Promise<unknown> {
  const [counted] = await database.query(
    "SELECT files, bytes FROM file_totals WHERE site = $1 AND owner = $2",
    ...[site, `u${user}`],
  );
  const [there] = await database.query(
    `SELECT count(*) AS files, COALESCE(sum(bytes), 0) AS bytes FROM files
     WHERE site = $1 AND owner = $2`,
    ...[site, user ?? ""],
  );
  assert.deepEqual({ ...counted }, { ...there });
  return { ...there };
}
