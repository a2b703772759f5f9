/** Files in a bucket of a real S3 server, which checks signatures: whole, through faults and crashes, and nothing is left over. */
import assert from "node:assert/strict";
import { AppendFailure, type StoreRequest } from "../../lib/files/store/file_store.ts";
import type { S3Config } from "../../lib/files/settings.ts";
import { S3Store } from "../../lib/files/store/s3.ts";
import { CodedError } from "../../lib/base/errors.ts";
import { type Fault, FaultyProxy, S3Server } from "../support/s3.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1024 * 1024;
const PIECE = 8 * MIB;
const ID = "AbCdEfGhIjKlMnOpQrSt-_";

const SHARED = await S3Server.start();

Deno.test.afterAll(() => SHARED[Symbol.asyncDispose]());

for (const bytes of [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 5]) {
  Deno.test(`an upload of ${bytes} bytes is read while it comes, becomes the file, and leaves nothing`, async () => {
    await using store = await opened(`size-${bytes}/`);
    const whole = noise(bytes);
    assert.equal(await store.append(ID, 0, pieces(whole, 100_001)), bytes);
    assert.equal(await store.read(ID, "file"), undefined);
    await assertReads(store, "upload", whole);
    await store.complete(ID, bytes);
    await assertReads(store, "file", whole);
    assert.equal(await store.read(ID, "upload"), undefined);
    await store.complete(ID, bytes); // harmless
    assert.deepEqual(keysUnder(`size-${bytes}/`), [`files/${ID}`]);
    await store.delete(ID);
    assert.equal(await store.read(ID, "file"), undefined);
    await store.delete(ID);
    assert.deepEqual(keysUnder(`size-${bytes}/`), []);
  });
}

Deno.test("an upload comes in pieces of any size, each safe when it is said to be", async () => {
  await using store = await opened("tus/");
  const whole = noise(2 * PIECE + 12345);
  let offset = 0;
  for (const size of [1, 0, 1000, 3 * MIB, PIECE - 3 * MIB - 1001, 5, PIECE - 5, 12000, 345]) {
    const safe = await store.append(
      ID,
      offset,
      pieces(whole.subarray(offset, offset + size), 65536),
    );
    assert.equal(safe, offset + size);
    offset = safe;
    await assertReads(store, "upload", whole.subarray(0, offset));
  }
  assert.equal(offset, whole.length);
  await store.complete(ID, whole.length);
  await assertReads(store, "file", whole);
});

Deno.test("what a crash left behind the safe offset is overwritten, or goes", async () => {
  await using store = await opened("crash/");
  const whole = noise(PIECE + 100);
  for (const safe of [0, 50, PIECE, PIECE + 10]) {
    await store.append(ID, 0, pieces(noise(3 * PIECE + 7), MIB)); // of which the row knows only `safe` bytes
    await store.append(ID, 0, pieces(whole.subarray(0, safe), MIB));
    await store.append(ID, safe, pieces(noise(2 * PIECE), MIB));
    assert.equal(await store.append(ID, safe, pieces(whole.subarray(safe), MIB)), whole.length);
    await assertReads(store, "upload", whole);
    if (safe > 0) {
      assert.equal(await store.append(ID, safe, pieces(new Uint8Array(), 1)), safe);
      await assertReads(store, "upload", whole.subarray(0, safe));
    }
  }
});

Deno.test("an upload that has not what was safe is not gone on with", async () => {
  await using store = await opened("lost/");
  await store.append(ID, 0, pieces(noise(100), 100));
  for (const offset of [101, PIECE, PIECE + 5]) {
    const failure = await rejection(store.append(ID, offset, pieces(noise(5), 5)));
    assert.ok(failure instanceof AppendFailure);
    assert.deepEqual([failure.reason, failure.offset], ["store", offset]);
  }
});

Deno.test("an upload of which something is missing does not become a file", async () => {
  await using store = await opened("missing/");
  await store.append(ID, 0, pieces(noise(PIECE + 5), MIB));
  for (const bytes of [PIECE + 4, PIECE + 6, 2 * PIECE]) {
    await assert.rejects(store.complete(ID, bytes), / has 8388613 bytes, and not /);
  }
  assert.equal(await store.read(ID, "file"), undefined);
  await store.complete(ID, PIECE + 5);
});

Deno.test("of a body that breaks off, what came is safe, and the upload goes on from there", async () => {
  await using store = await opened("broken/");
  const whole = noise(PIECE + 5000);
  for (const [offset, came] of [[0, 4000], [4000, PIECE + 1000]] as const) {
    const broken = (async function* () {
      yield* pieces(whole.subarray(offset, came), 1000);
      throw new Error("the client went");
    })();
    const failure = await rejection(store.append(ID, offset, broken));
    assert.ok(failure instanceof AppendFailure);
    assert.deepEqual([failure.reason, failure.offset], ["body", came]);
  }
  await store.append(ID, PIECE + 1000, pieces(whole.subarray(PIECE + 1000), 1000));
  await store.complete(ID, whole.length);
  await assertReads(store, "file", whole);
});

Deno.test("a whole that is written is there all at once, in place of the upload it was made of", async () => {
  await using store = await opened("put/");
  for (const bytes of [0, 10, PIECE, 2 * PIECE + 3]) {
    const whole = noise(bytes);
    await store.append(ID, 0, pieces(noise(PIECE + 1), MIB));
    await store.put(ID, "file", pieces(whole, 123_457));
    await assertReads(store, "file", whole);
    assert.deepEqual(keysUnder("put/"), [`files/${ID}`]);
  }
  await store.put(ID, 320, pieces(noise(99), 50));
  assert.deepEqual(keysUnder("put/"), [`files/${ID}`, `thumbnails/${ID}/320`]);
  await store.delete(ID);
  assert.deepEqual(keysUnder("put/"), []);
});

Deno.test("of a whole that breaks off nothing is there, and its parts are thrown away", async () => {
  await using world = await Faulty.start("put-broken/");
  for (const bytes of [10, 2 * PIECE + 3]) {
    const failure = await rejection(world.store.put(
      ID,
      "file",
      (async function* () {
        yield* pieces(noise(bytes), MIB);
        throw new Error("the image is broken");
      })(),
    ));
    assert.ok(failure instanceof AppendFailure && failure.reason === "body");
    assert.equal(await world.store.read(ID, "file"), undefined);
  }
  const begun = world.proxy.seen.filter(({ method, url }) =>
    method === "POST" && url.includes("uploads=")
  );
  assert.equal(begun.length, 1);
  assert.deepEqual([keysUnder("put-broken/"), SHARED.multiparts("put-broken/")], [[], []]);
});

Deno.test("where every third request fails, in whatever way, all is well in the end", async () => {
  const FAULTS: Fault[] = [
    { kind: "answer", status: 503, body: "<Error><Code>SlowDown</Code></Error>" },
    { kind: "cut request", after: 100_000 },
    { kind: "cut answer", after: 50 },
    { kind: "answer", status: 500 },
    { kind: "lost answer" },
    { kind: "answer", status: 429 },
    { kind: "answer", status: 200, body: "<Error><Code>InternalError</Code></Error>" },
  ];
  await using world = await Faulty.start("faults/");
  let next = 0;
  world.proxy.fault = ({ url, method }, count) => {
    if (count % 3 !== 0) return undefined;
    const fault = FAULTS[next++ % FAULTS.length];
    // Whoever reads an object could not know such an answer from one.
    const isRead = method === "GET" && !url.includes("list-type");
    if (fault?.kind === "answer" && fault.status === 200 && isRead) return undefined;
    // The server says of parts that it has joined before that it is broken; there is a test of its own for that.
    const isJoining = method === "POST" && url.includes("uploadId=");
    return fault?.kind === "lost answer" && isJoining ? undefined : fault;
  };
  const whole = noise(3 * PIECE + 77);
  let offset = 0;
  for (const end of [10, PIECE + 10, whole.length]) {
    offset = await world.store.append(ID, offset, pieces(whole.subarray(offset, end), 500_000));
    assert.equal(offset, end);
  }
  await assertReads(world.store, "upload", whole);
  await world.store.complete(ID, whole.length);
  await assertReads(world.store, "file", whole);
  await world.store.put(ID, "file", pieces(whole.subarray(1), 777_777));
  await assertReads(world.store, "file", whole.subarray(1));
  assert.deepEqual(keysUnder("faults/"), [`files/${ID}`]);
  await world.store.delete(ID);
  assert.deepEqual(keysUnder("faults/"), []);
  assert.ok(next >= FAULTS.length, `${next} requests were spoiled`);
  assert.equal(world.store.whyNotReady(), undefined);
});

Deno.test("a download that breaks off goes on where it was, and nobody notices", async () => {
  await using world = await Faulty.start("download/");
  const whole = noise(3 * MIB);
  await world.store.put(ID, "file", pieces(whole, MIB));
  world.proxy.seen.length = 0;
  world.proxy.fault = (_seen, count) =>
    count < 6 ? { kind: "cut answer", after: 500_000 } : undefined;
  await assertIs(await world.store.read(ID, "file"), whole);
  assert.ok(world.proxy.seen.length >= 5);
  world.proxy.fault = () => ({ kind: "without header", name: "range" });
  await assertIs(
    await world.store.read(ID, "file", { start: 1000, end: 2_000_000 }),
    whole.subarray(1000, 2_000_000),
  );
});

Deno.test("a store that stays away fails what is asked of it, says so, and is there again by itself", async () => {
  await using world = await Faulty.start("away/");
  await world.store.append(ID, 0, pieces(noise(PIECE), MIB));
  world.proxy.fault = () => ({ kind: "answer", status: 503 });
  const failure = await rejection(world.store.append(ID, PIECE, pieces(noise(10), 10)));
  assert.ok(failure instanceof AppendFailure);
  assert.deepEqual([failure.reason, failure.offset], ["store", PIECE]);
  for (
    const work of [
      () => world.store.read(ID, "upload"),
      () => world.store.complete(ID, PIECE),
      () => world.store.delete(ID),
    ]
  ) {
    const refused = await rejection(work());
    assert.ok(refused instanceof CodedError && refused.code === "unavailable");
  }
  assert.match(
    world.store.whyNotReady() ?? "",
    /^files cannot be kept: the store at \S+ answers 503$/,
  );
  world.proxy.fault = () => undefined;
  await waitFor("the store is ready", () => world.store.whyNotReady() === undefined);
});

Deno.test("a full store is said to be full", async () => {
  await using world = await Faulty.start("full/");
  for (
    const answer of [{ status: 507, code: "XMinioStorageFull" }, {
      status: 403,
      code: "QuotaExceeded",
    }]
  ) {
    const body = `<Error><Code>${answer.code}</Code></Error>`;
    world.proxy.fault = ({ method }) =>
      method === "PUT" ? { kind: "answer", status: answer.status, body } : undefined;
    for (
      const work of [
        () => world.store.append(ID, 0, pieces(noise(9), 9)),
        () => world.store.put(ID, "file", pieces(noise(9), 9)),
      ]
    ) {
      const failure = await rejection(work());
      assert.ok(failure instanceof AppendFailure && failure.reason === "full", answer.code);
    }
  }
  assert.equal(world.store.whyNotReady(), undefined);
});

Deno.test("the server is killed amidst an upload: what was safe still is, and it goes on", async () => {
  await using own = await S3Server.start();
  await using store = await S3Store.open(own.config());
  const whole = noise(3 * PIECE + 99);
  const failure = await rejection(store.append(
    ID,
    0,
    (async function* () {
      yield* pieces(whole.subarray(0, 2 * PIECE + 5), MIB);
      await own.kill();
      yield* pieces(whole.subarray(2 * PIECE + 5), MIB);
    })(),
  ));
  assert.ok(failure instanceof AppendFailure);
  assert.deepEqual([failure.reason, failure.offset], ["store", 2 * PIECE]);
  assert.match(store.whyNotReady() ?? "", /cannot be reached/);
  await own.up();
  const safe = await store.append(ID, failure.offset, pieces(whole.subarray(failure.offset), MIB));
  assert.equal(safe, whole.length);
  await store.complete(ID, whole.length);
  await assertReads(store, "file", whole);
  assert.deepEqual(own.keys(), [`files/${ID}`]);
});

Deno.test("a crash while an upload becomes the file does no harm, wherever it comes", async () => {
  const whole = noise(PIECE + 9);
  for (let requests = 1; requests <= 12; requests++) {
    await using world = await Faulty.start(`completing-${requests}/`);
    await world.store.append(ID, 0, pieces(whole, MIB));
    const before = world.proxy.seen.length;
    // From then on, nothing of this server reaches the store any more.
    world.proxy.fault = (_seen, count) =>
      count > before + requests ? { kind: "answer", status: 400 } : undefined;
    await world.store.complete(ID, whole.length).catch(() => {});
    await using next = await opened(`completing-${requests}/`);
    await next.complete(ID, whole.length);
    await assertIs(await next.read(ID, "file"), whole);
    assert.deepEqual(keysUnder(`completing-${requests}/`), [`files/${ID}`]);
  }
});

Deno.test("parts that a crash left are thrown away by whoever goes on, or deletes the file", async () => {
  for (const goesOn of ["complete", "put", "delete"] as const) {
    // The crash comes before the answer, which alone says how they are called, or while they are joined.
    for (const crash of ["lost answer", "not joined"] as const) {
      await using world = await Faulty.start(`parts-${goesOn}/`);
      const { proxy, store } = world;
      await store.append(ID, 0, pieces(noise(PIECE + 1), MIB));
      let isDead = false;
      proxy.fault = ({ method, url }) => {
        if (isDead) return { kind: "answer", status: 400 };
        const isBegun = method === "POST" && url.includes("uploads=");
        if (isBegun && crash === "lost answer") {
          isDead = true;
          return { kind: "lost answer" };
        }
        isDead = method === "PUT" && url.includes("partNumber=");
        return isDead ? { kind: "answer", status: 400 } : undefined;
      };
      await assert.rejects(store.complete(ID, PIECE + 1));
      assert.equal(SHARED.multiparts(`parts-${goesOn}/`).length, 1, crash);
      proxy.fault = () => undefined;
      if (goesOn === "put") await store.put(ID, "file", pieces(noise(PIECE + 1), MIB));
      else if (goesOn === "complete") await store.complete(ID, PIECE + 1);
      else await store.delete(ID);
      assert.deepEqual(SHARED.multiparts(`parts-${goesOn}/`), [], `${goesOn}, ${crash}`);
      const left = goesOn === "delete" ? [] : [`files/${ID}`];
      assert.deepEqual(keysUnder(`parts-${goesOn}/`), left);
      await store.delete(ID);
    }
  }
});

Deno.test("a store that cannot list parts is used all the same, and one that may not say so at the start", async () => {
  await using world = await Faulty.start("unlisted/");
  const listing = (status: number, code: string) => ({ url }: { url: string }): Fault => {
    const body = `<Error><Code>${code}</Code></Error>`;
    return url.includes("uploads=&prefix") ? { kind: "answer", status, body } : undefined;
  };
  world.proxy.fault = listing(501, "NotImplemented");
  await world.store.append(ID, 0, pieces(noise(PIECE + 1), MIB));
  await world.store.complete(ID, PIECE + 1);
  await world.store.delete(ID);
  assert.deepEqual(keysUnder("unlisted/"), []);
  assert.equal(world.store.whyNotReady(), undefined);
  world.proxy.fault = listing(403, "AccessDenied");
  const { endpoint } = world.proxy;
  const error = await rejection(S3Store.open(SHARED.config({ endpoint, prefix: "unlisted/" })));
  assert.match(`${error}`, /403 AccessDenied: the key may not do this in the bucket "a-bucket"/);
});

Deno.test("what joins parts says so in an answer that may be lost, and be said twice", async () => {
  await using world = await Faulty.start("joined/");
  await world.store.append(ID, 0, pieces(noise(PIECE + 1), MIB));
  let isJoined = false;
  world.proxy.fault = ({ method, url }) => {
    if (method !== "POST" || !url.includes("uploadId=")) return undefined;
    // As S3 does: what was joined is no upload any more.
    if (isJoined) {
      return { kind: "answer", status: 404, body: "<Error><Code>NoSuchUpload</Code></Error>" };
    }
    isJoined = true;
    return { kind: "lost answer" };
  };
  await world.store.complete(ID, PIECE + 1);
  assert.ok(isJoined && world.proxy.seen.some(({ method }) => method === "HEAD"));
  assert.deepEqual(keysUnder("joined/"), [`files/${ID}`]);
});

Deno.test("uploads of some hundred MiB take no more memory than small ones", async () => {
  await using store = await opened("large/");
  const block = noise(MIB);
  await store.append(ID, 0, pieces(noise(3 * PIECE), MIB));
  let most = 0;
  const before = Deno.memoryUsage().rss;
  async function* large() {
    for (let count = 0; count < 256; count++) {
      most = Math.max(most, Deno.memoryUsage().rss);
      yield block.slice();
    }
  }
  assert.equal(await store.append(ID, 3 * PIECE, large()), 3 * PIECE + 256 * MIB);
  await store.complete(ID, 3 * PIECE + 256 * MIB);
  let read = 0;
  for await (const chunk of await store.read(ID, "file") ?? []) {
    read += chunk.length;
    most = Math.max(most, Deno.memoryUsage().rss);
  }
  assert.equal(read, 3 * PIECE + 256 * MIB);
  await store.put(ID, "file", large());
  const grown = Math.round((most - before) / MIB);
  assert.ok(grown < 160, `${grown} MiB more`);
  await store.delete(ID);
});

Deno.test("wrong settings are refused at the start, by what is wrong, and no secret is said", async () => {
  const wrong: [Parameters<S3Server["config"]>[0], RegExp][] = [
    [{ secret: "a-wrong-secret" }, /403 SignatureDoesNotMatch: FILES_S3_SECRET is not the secret/],
    [{ key: "nobody" }, /403 InvalidAccessKeyId: it does not know the key of FILES_S3_KEY/],
    [
      { bucket: "no-bucket" },
      /404 NoSuchBucket: it has no bucket "no-bucket", which FILES_S3_BUCKET/,
    ],
  ];
  for (const [changed, pattern] of wrong) {
    const error = await rejection(S3Store.open(SHARED.config(changed)));
    assert.ok(error instanceof Error);
    assert.match(error.message, pattern);
    assert.match(
      error.message,
      /^Cannot keep files in a bucket: the store at http:\/\/127\.0\.0\.1:\d+ /,
    );
    assert.doesNotMatch(Deno.inspect(error), /a-wrong-secret/);
  }
  await using world = await Faulty.start("region/");
  world.proxy.fault = () => ({
    kind: "answer",
    status: 400,
    body: "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
  });
  const error = await rejection(S3Store.open(SHARED.config({ endpoint: world.proxy.endpoint })));
  assert.match(`${error}`, /FILES_S3_REGION is us-east-1, the bucket's eu-west-1/);
});

Deno.test("a store that cannot be reached yet keeps no server from starting", async () => {
  const config = SHARED.config({ endpoint: "http://127.0.0.1:9" });
  await using store = await S3Store.open(config);
  assert.match(store.whyNotReady() ?? "", /the store at http:\/\/127\.0\.0\.1:9 cannot be reached/);
});

Deno.test("keys stand under the prefix, whatever characters it has", async () => {
  const prefix = "a b/ü/"; // of brackets and such, the server makes something else than S3 does
  await using store = await opened(prefix);
  const whole = noise(PIECE + 1);
  await store.append(ID, 0, pieces(whole, MIB));
  await store.complete(ID, whole.length);
  await assertReads(store, "file", whole);
  assert.deepEqual(keysUnder(prefix), [`files/${ID}`]);
});

Deno.test("a link downloads the file from the store, with its type and name, and nothing else", async () => {
  await using store = await opened("links/");
  const whole = noise(1000);
  await store.put(ID, "file", pieces(whole, 1000));
  const disposition = `attachment; filename="a b+c%20.txt"`;
  const link = await store.downloadLink(ID, { seconds: 60, type: "text/plain", disposition });
  const response = await fetch(link);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain");
  assert.equal(response.headers.get("content-disposition"), disposition);
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), whole);
  for (
    const other of [
      link.replace("text%2Fplain", "text%2Fhtml"),
      link.replace(/Expires=60/, "Expires=600"),
    ]
  ) {
    assert.notEqual(other, link);
    const refused = await fetch(other);
    assert.equal(refused.status, 403);
    await refused.body?.cancel();
  }
});

Deno.test("links upload as many bytes as they are for, and what came becomes the file", async () => {
  await using store = await opened("uploads/", { isDirect: true });
  const { direct } = store;
  assert.ok(direct !== undefined);
  assert.equal(direct.pieceBytes, PIECE);
  const whole = noise(PIECE + 1000);
  const parts = [whole.slice(0, PIECE), whole.slice(PIECE)];
  assert.equal(await direct.arrived(ID, whole.length), 0);
  for (const index of [1, 0]) {
    const piece = parts[index]!;
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", piece)).toHex();
    const wanted = { index, bytes: piece.length, sha256, seconds: 60 };
    const request: StoreRequest = await direct.link(ID, wanted);
    const { url, method, headers } = request;
    assert.deepEqual(Object.keys(headers), ["x-amz-checksum-sha256"]);
    if (index === 1) {
      for (const [body, given] of [[piece.slice(1), headers], [piece, {}]] as const) {
        const refused = await fetch(url, { method, headers: given, body });
        assert.equal(refused.status, 403);
        await refused.body?.cancel();
      }
      assert.equal(await store.read(ID, "upload"), undefined);
    }
    const taken = await fetch(url, { method, headers, body: piece });
    assert.equal(taken.status, 200);
    await taken.body?.cancel();
    assert.equal(await direct.arrived(ID, whole.length), index === 1 ? 0 : whole.length);
  }
  assert.equal(await direct.arrived(ID, whole.length + 1), PIECE, "the last one lacks a byte");
  await assertReads(store, "upload", whole);
  await store.complete(ID, whole.length);
  await assertReads(store, "file", whole);
  await using other = await opened("uploads/");
  assert.equal(other.direct, undefined);
});

Deno.test("an id that leads elsewhere is none", async () => {
  await using store = await opened("ids/");
  for (const id of ["../../../etc", "short", "", "a/b/c/d/e/f/g"]) {
    await assert.rejects(store.append(id, 0, pieces(noise(1), 1)), TypeError);
    await assert.rejects(store.read(id, "file"), TypeError);
    await assert.rejects(store.delete(id), TypeError);
  }
});

Deno.test("requests carry the hash of what they bring, and no length is unknown", async () => {
  await using world = await Faulty.start("requests/");
  await world.store.append(ID, 0, pieces(noise(PIECE + 1), MIB));
  await world.store.complete(ID, PIECE + 1);
  for (const { headers, method, url } of world.proxy.seen) {
    assert.match(`${headers["x-amz-content-sha256"]}`, /^[0-9a-f]{64}$/, url);
    assert.equal(headers["transfer-encoding"], undefined, url);
    if (method === "PUT") assert.match(`${headers["content-length"]}`, /^\d+$/, url);
  }
});

/** A store behind a proxy that spoils requests. */
class Faulty implements AsyncDisposable {
  private constructor(readonly proxy: FaultyProxy, readonly store: S3Store) {}

  static async start(prefix: string): Promise<Faulty> {
    const proxy = await FaultyProxy.start(SHARED.port);
    return new Faulty(
      proxy,
      await S3Store.open(SHARED.config({ prefix, endpoint: proxy.endpoint })),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
  }
}

async function opened(prefix: string, changed: Partial<S3Config> = {}): Promise<S3Store> {
  return await S3Store.open(SHARED.config({ prefix, ...changed }));
}

function keysUnder(prefix: string): string[] {
  return SHARED.keys().filter((key) => key.startsWith(prefix)).map((key) =>
    key.slice(prefix.length)
  );
}

/** Whole, and in parts. */
async function assertReads(
  store: S3Store,
  place: "upload" | "file",
  whole: Uint8Array,
): Promise<void> {
  await assertIs(await store.read(ID, place), whole);
  const { length } = whole;
  if (length === 0) return; // of which the server gives a byte that there is not
  for (
    const [start, end] of [
      [0, 1],
      [1, 2],
      [length >> 1, length],
      [PIECE - 3, PIECE + 3],
      [length - 1, length],
      [5, 5],
      [length, length + 5],
    ] as const
  ) {
    if (start < 0 || start > length) continue;
    await assertIs(await store.read(ID, place, { start, end }), whole.subarray(start, end));
  }
}

async function assertIs(
  stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined,
  wanted: Uint8Array,
): Promise<void> {
  assert.ok(stream !== undefined);
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  assert.equal(bytes.length, wanted.length);
  assert.equal(await hash(bytes), await hash(wanted));
}

async function hash(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex();
}

function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(() => undefined, (reason) => reason ?? "nothing");
  assert.ok(error !== undefined, "it did not reject");
  return error;
}
