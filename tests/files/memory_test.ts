/** The memory of uploads on their way to a bucket: never more than there may be, fair to all, and refused clearly in the end. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { configOf } from "../../lib/config/slice.ts";
import { readConfig } from "../../lib/configuration.ts";
import { Files } from "../../lib/files/files.ts";
import { fileCounters } from "../../lib/files/metrics.ts";
import { files as settings } from "../../lib/files/settings.ts";
import { AppendFailure } from "../../lib/files/store/file_store.ts";
import { PieceMemory } from "../../lib/files/store/piece_memory.ts";
import { S3Store } from "../../lib/files/store/s3.ts";
import { FILE_TABLES } from "../../lib/files/tables.ts";
import { openSqlite } from "../support/databases.ts";
import { applicationOf, type Caller, userOf } from "../support/chat.ts";
import { Program } from "../support/program.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1024 * 1024;
const TUS = { "tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream" };

Deno.test("memory is given in the order in which it is asked for", async () => {
  using memory = new PieceMemory(10);
  using one = memory.share();
  using other = memory.share();
  assert.ok(one.tryGrow(6) && other.tryGrow(3));
  assert.ok(!one.tryGrow(8));
  const got: string[] = [];
  const large = memory.take(8).then(() => got.push("large"));
  const small = memory.take(1).then(() => got.push("small"));
  assert.ok(!other.tryGrow(4), "nobody overtakes those who wait");
  assert.deepEqual([memory.taken, memory.waiting], [9, 2]);
  one.clear();
  other.clear();
  await Promise.all([large, small]);
  assert.deepEqual([got, memory.taken, memory.waiting], [["large", "small"], 9, 0]);
});

Deno.test("who waits too long for memory, or behind too many, is refused", async () => {
  using memory = new PieceMemory(10, { waitMs: 20, mostWaiting: 2 });
  using share = memory.share();
  assert.ok(share.tryGrow(10));
  const stop = new AbortController();
  const waiting = [memory.take(1), memory.take(1, stop.signal)];
  const ended = Promise.allSettled(waiting);
  await assert.rejects(memory.take(1), isCrowded);
  stop.abort(new Error("the client is gone"));
  const [late, stopped] = await ended;
  assert.ok(late?.status === "rejected" && isCrowded(late.reason));
  assert.ok(stopped?.status === "rejected" && /client is gone/.test(String(stopped.reason)));
  assert.deepEqual([memory.taken, memory.waiting], [10, 0]);
});

Deno.test("who has had memory for long and stands still gives it back, and nobody else", async () => {
  using memory = new PieceMemory(10, { turnMs: 0 });
  using busy = memory.share(() => assert.fail("it does not stand still"));
  using idle = memory.share(() => idle.clear());
  assert.ok(busy.tryGrow(5) && idle.tryGrow(5));
  idle.isIdle = true;
  await memory.take(4);
  assert.deepEqual([memory.taken, idle.bytes], [9, 0]);
});

Deno.test("slow uploads share the memory, and all come whole", async () => {
  await using server = await S3Server.start();
  const limit = 16 * MIB;
  await using store = await S3Store.open(server.config({ memoryBytes: limit }), { turnMs: 50 });
  const sizes = [20, 12, 9, 8, 8, 1];
  const uploads = sizes.map((size, index) => {
    const bytes = new Uint8Array(size * MIB).map((_, at) => (at * 7 + (at >> 8) + index) % 256);
    const id = `an-upload-of-a-test-${index}-`;
    return { id, bytes, appended: store.append(id, 0, slowly(bytes)) };
  });
  let most = 0;
  const isDone = Promise.all(uploads.map(({ appended }) => appended)).then(() => true);
  let waited = 0;
  while (!await Promise.race([isDone, Promise.resolve(false)])) {
    most = Math.max(most, store.memory);
    waited = Math.max(waited, store.waiting);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(most > 8 * MIB && most <= limit, `${most} bytes at once`);
  assert.ok(waited > 0, "some had to wait");
  for (const { id, bytes, appended } of uploads) {
    assert.equal(await appended, bytes.length);
    await store.complete(id, bytes.length);
    const file = new Uint8Array(await new Response(await store.read(id, "file")).arrayBuffer());
    assert.equal(sha256(file), sha256(bytes));
  }
  assert.equal(store.memory, 0);
});

Deno.test("where too many uploads come at once, one is refused, and goes on later", async () => {
  await using server = await S3Server.start();
  await using database = await openSqlite([{ name: "files", tables: FILE_TABLES }]);
  await using store = await S3Store.open(server.config({ memoryBytes: 16 * MIB }), { waitMs: 20 });
  const files = new Files({
    ...{ database, store, counters: fileCounters(), now: Date.now, ask: () => undefined },
    config: configOf(readConfig({}).config, settings),
  });
  const alice = { site: "default", user: "1" };
  const bytes = new Uint8Array(9 * MIB).map((_, at) => (at * 11 + (at >> 8)) % 256);
  const standing = await Promise.all([1, 2].map(async () => {
    const { id } = await files.begin(alice, { name: "a", length: bytes.length });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: goingOn, resolve: goOn } = Promise.withResolvers<void>();
    const body = async function* () {
      yield bytes.subarray(0, 5 * MIB);
      begin();
      await goingOn;
      yield bytes.subarray(5 * MIB);
    };
    const appended = files.append(alice, id, { offset: 0, body });
    await begun;
    return { goOn, appended };
  }));
  assert.equal(store.memory, 10 * MIB);
  const { id } = await files.begin(alice, { name: "a", length: bytes.length });
  const body = () => ReadableStream.from([bytes]);
  await assert.rejects(files.append(alice, id, { offset: 0, body }), {
    code: "too_many_uploads",
    message: "The server has no memory for another upload right now: try again",
  });
  for (const { goOn, appended } of standing) {
    goOn();
    assert.equal((await appended).offset, bytes.length);
  }
  const { offset } = await files.upload(alice, id);
  await files.append(alice, id, {
    offset,
    body: () => ReadableStream.from([bytes.subarray(offset)]),
  });
  assert.equal((await files.finish(alice, id)).sha256, sha256(bytes));
});

Deno.test("uploads that stand still keep nobody out, and go on themselves", async () => {
  await using server = await S3Server.start();
  await using program = await Program.start({
    env: {
      APP_KEY,
      APP_REQUEST_SECONDS: "120",
      FILES_S3_ENDPOINT: server.config().endpoint,
      FILES_S3_BUCKET: BUCKET,
      FILES_S3_KEY: S3_KEY,
      FILES_S3_SECRET: S3_KEY,
      FILES_S3_MEMORY: "16m",
    },
  });
  const alice = await userOf(program, 1);
  const reader = await applicationOf(program, ["read"]);
  const waiting = async () => (await reader.done("GET", "/stats"))["uploads_waiting"];
  const bytes = new Uint8Array(10 * MIB).map((_, at) => (at * 13 + (at >> 8)) % 256);
  const standing = await Promise.all([1, 2, 3].map(() => standStill(alice, bytes, 7 * MIB)));
  await waitFor("one has to wait", async () => await waiting() === 1);
  const small = await fetch(`${program.url}/api/files?name=a.txt`, {
    ...{ method: "POST", headers: { authorization: `Bearer ${alice.bearer}` }, body: "Hello" },
  });
  assert.equal(small.status, 201, await small.text());
  for (const { path, goOn } of standing) {
    await goOn();
    await waitFor("it is a file", async () => {
      return (await alice.call("GET", path.replace("/api/uploads", "/files"))).status === 200;
    });
    const file = await alice.done("GET", path.replace("/api/uploads", "/files"));
    assert.equal(file["sha256"], sha256(bytes));
  }
  assert.deepEqual(program.errors, []);
});

/** Begins to upload, and sends no more after some bytes until it goes on. */
async function standStill({ program, bearer }: Caller, bytes: Uint8Array, sent: number) {
  const headers = { authorization: `Bearer ${bearer}`, ...TUS };
  const begun = await fetch(`${program.url}/api/uploads`, {
    ...{ method: "POST", headers: { ...headers, "upload-length": String(bytes.length) } },
  });
  await begun.body?.cancel();
  const path = `/api/${begun.headers.get("location")}`;
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
  const head = [
    ...[`PATCH ${path} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`, "Upload-Offset: 0"],
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...[`Content-Length: ${bytes.length}`, "Connection: close", "", ""],
  ];
  await writeAll(connection, new TextEncoder().encode(head.join("\r\n")));
  // Where the server does not read, the rest waits here.
  const writing = writeAll(connection, bytes.subarray(0, sent));
  return {
    path,
    async goOn() {
      await writing;
      await writeAll(connection, bytes.subarray(sent));
      while (await connection.read(new Uint8Array(1024)) !== null);
      connection.close();
    },
  };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Comes as from a client on a slow line. */
async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 300_000) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    yield bytes.slice(at, at + 300_000);
  }
}

function isCrowded(error: unknown): boolean {
  return error instanceof AppendFailure && error.reason === "crowded";
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
