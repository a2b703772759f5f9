/** What becomes of pieces that links bring late, or again, on both databases, with a clock that the test sets. */
import assert from "node:assert/strict";
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import { startTasks } from "../../lib/core/task.ts";
import { type Database, row } from "../../lib/engines/database/database.ts";
import type { AskAboutFile } from "../../lib/files/acceptance.ts";
import { Files } from "../../lib/files/files.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import { S3Store } from "../../lib/files/store/s3.ts";
import type { PieceLink } from "../../lib/files/uploads.ts";
import { testDatabases } from "../support/databases.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { S3Server } from "../support/s3.ts";
import { waitFor } from "../support/wait.ts";
import { begin, userOf } from "./world.ts";

const PIECE = 8 << 20;
const WHOLE = someBytes(PIECE + 1000);
const HALF_AN_HOUR_MS = 30 * 60_000;

const alice = userOf("1");

testDatabases("what comes for an upload that has ended is deleted, too", async (database) => {
  await using world = await linksWorld(database, { FILES_USER_BYTES: "10m" });
  const { files, bucket, clock, sweep } = world;
  const { id } = await begin(files, alice, WHOLE.length);
  const link = await files.link(alice, id, { offset: 0, sha256: sha256(WHOLE.slice(0, PIECE)) });
  await put(link, WHOLE.slice(0, PIECE));
  await files.cancel(alice, id);
  await sweep(() => bucket.keys().length === 0);
  assert.equal((await rowOf(database, id))?.["state"], "going", "somebody still has a link");
  await assert.rejects(begin(files, alice, WHOLE.length), { code: "storage_full" });
  await put(link, WHOLE.slice(0, PIECE));
  assert.equal(bucket.keys().length, 1);
  clock.now += HALF_AN_HOUR_MS - 1000;
  await world.swept();
  assert.equal(bucket.keys().length, 1);
  clock.now += 1000;
  await sweep(async () => await rowOf(database, id) === undefined);
  assert.deepEqual(bucket.keys(), []);
  await begin(files, alice, WHOLE.length);
});

testDatabases(
  "what comes for a file that is there changes nothing, and is deleted",
  async (database) => {
    await using world = await linksWorld(database);
    const { files, bucket, clock, sweep } = world;
    const { id } = await begin(files, alice, WHOLE.length);
    const links: PieceLink[] = [];
    for (const offset of [0, PIECE]) {
      const piece = WHOLE.slice(offset, offset + PIECE);
      links.push(await files.link(alice, id, { offset, sha256: sha256(piece) }));
      await put(links.at(-1)!, piece);
    }
    assert.equal((await files.upload(alice, id)).offset, WHOLE.length);
    // This server of the tests takes other bytes than the link says, as some stores do: what is given out is what was looked at.
    const other = WHOLE.slice(0, PIECE).fill(1);
    await put(links[0]!, other);
    const file = await files.finish(alice, id);
    const read = async () => await bytesOf(await files.read(file));
    assert.equal(file.sha256, sha256(await read()));
    assert.deepEqual(bucket.keys(), [`files/${id}`]);

    await put(links[0]!, other.fill(2));
    await put(links[1]!, WHOLE.slice(PIECE).fill(2));
    assert.equal((await files.finish(alice, id)).sha256, file.sha256);
    assert.equal((await files.upload(alice, id)).offset, WHOLE.length);
    assert.equal(sha256(await read()), file.sha256);
    assert.equal(bucket.keys().length, 3);
    await world.swept();
    assert.equal(bucket.keys().length, 3, "they may still come");
    clock.now += HALF_AN_HOUR_MS;
    await sweep(async () => (await rowOf(database, id))?.["link_until"] === null);
    assert.deepEqual(bucket.keys(), [`files/${id}`]);
    assert.equal(sha256(await read()), file.sha256);
  },
);

testDatabases("what an application has looked at is what is given out", async (database) => {
  let isFirst = true;
  const looked: string[] = [];
  const links: PieceLink[] = [];
  await using world = await linksWorld(database, {}, async ({ sha256: seen }) => {
    // While it is asked, its uploader brings other bytes, and the server is killed before the answer.
    await put(links[0]!, WHOLE.slice(0, PIECE).fill(3));
    looked.push(seen);
    if (!isFirst) return;
    isFirst = false;
    throw new Error("killed");
  });
  const { files } = world;
  const { id } = await begin(files, alice, WHOLE.length);
  for (const offset of [0, PIECE]) {
    const piece = WHOLE.slice(offset, offset + PIECE);
    links.push(await files.link(alice, id, { offset, sha256: sha256(piece) }));
    await put(links.at(-1)!, piece);
  }
  await files.upload(alice, id);
  await assert.rejects(files.finish(alice, id), { message: "killed" });
  const file = await world.again().finish(alice, id);
  assert.deepEqual(looked, [sha256(WHOLE), sha256(WHOLE)]);
  assert.equal(sha256(await bytesOf(await files.read(file))), sha256(WHOLE));
});

async function linksWorld(
  database: Database,
  env: Record<string, string> = {},
  ask?: AskAboutFile,
) {
  await using parts = new AsyncDisposableStack();
  const bucket = parts.use(await S3Server.start());
  const store = parts.use(await S3Store.open(bucket.config({ isDirect: true })));
  const { config } = readConfig({ APP_DATA_DIR: ":memory:", ...env });
  const clock = { now: Date.now() };
  const again = () =>
    new Files({
      ...{ database, store, config: configOf(config, settings), counters: fileCounters() },
      ask: () => ask,
      now: () => clock.now,
    });
  const files = again();
  await files.links.load();
  const sweep = async (isDone: () => boolean | Promise<boolean>) => {
    await using _tasks = startTasks([files.sweeper]);
    await waitFor("it is swept", async () => {
      files.sweeper.soon();
      return await isDone();
    });
  };
  const all = parts.move();
  return {
    ...{ files, bucket, clock, again, sweep },
    /** Resolves after a sweep of all that is due now. */
    async swept() {
      const { id } = await begin(files, userOf("9"), 1);
      await files.cancel(userOf("9"), id);
      await sweep(async () => await rowOf(database, id) === undefined);
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function rowOf(database: Database, id: string) {
  return database.transaction(() => row("SELECT state, link_until FROM files WHERE id = $1", id));
}

async function put({ request }: PieceLink, piece: Uint8Array<ArrayBuffer>): Promise<void> {
  const { url, method, headers } = request;
  const answer = await fetch(url, { method, headers, body: piece });
  await answer.body?.cancel();
  assert.equal(answer.status, 200);
}

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return await new Response(stream).bytes();
}
