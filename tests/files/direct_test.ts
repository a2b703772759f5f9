/** Uploads whose pieces go to the bucket itself, by links: over HTTP, on both listeners, against a real S3 server. */
import assert from "node:assert/strict";
import { connect } from "../../lib/sdk/mod.ts";
import { Application } from "../support/application.ts";
import { Certificate } from "../support/certificate.ts";
import { applicationOf, type Caller, type HttpAnswer, type Json, userOf } from "../support/chat.ts";
import { run, taskCommand } from "../support/command.ts";
import { tagsOf, withTags } from "../support/exiftool.ts";
import { sha256, someBytes } from "../support/fake_files.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { BUCKET, FaultyProxy, S3_KEY, S3Server } from "../support/s3.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";
import { plain } from "./content/images.ts";

const MIB = 1 << 20;
const PIECE = 8 * MIB;
const TUS = { "tus-resumable": "1.0.0" };
const WHOLE = someBytes(2 * PIECE + 1000);

for (const [listener, isPostgres] of [["deno", false], ["node", true]] as const) {
  Deno.test(`an upload comes by links, by PATCH, or by both (${listener})`, async () => {
    await using bucket = await S3Server.start();
    await using postgres = isPostgres ? await PostgresServer.start() : undefined;
    await using program = await start(bucket, { APP_LISTENER: listener, ...postgres?.env });
    const alice = await userOf(program, 1);

    const id = await begin(alice, WHOLE.length);
    for (let offset = 0; offset < WHOLE.length; offset += PIECE) {
      const piece = WHOLE.slice(offset, offset + PIECE);
      const link = await linkTo(alice, id, offset, piece);
      const { url, headers, ...rest } = link;
      assert.deepEqual({ ...rest, expires_at: 0 }, {
        ...{ offset, bytes: piece.length, method: "PUT", expires_at: 0 },
      });
      assert.ok(Math.abs(Number(rest["expires_at"]) - Date.now() / 1000 - 900) < 60);
      assert.equal(new URL(String(url)).origin, bucket.config().endpoint);
      assert.equal(await put(link, piece), 200);
      if (piece.length === PIECE) continue; // to refuse these takes the server seconds
      // Neither other bytes, nor without the checksum that is signed, nor to another place.
      assert.equal(await put(link, piece.subarray(1)), 403);
      assert.equal(await put({ ...link, headers: {} }, piece), 403);
      const other = { ...headers as Json, "x-amz-checksum-sha256": "x" };
      assert.equal(await put({ ...link, headers: other }, piece), 403);
      assert.equal(
        await put({ ...link, url: String(url).replace("/00002", "/00001") }, piece),
        403,
      );
    }
    assert.equal((await alice.call("GET", `/files/${id}`)).status, 404, "nobody has said so yet");
    assert.equal(await offsetOf(alice, id), WHOLE.length);
    const file = await alice.done("GET", `/files/${id}`);
    assert.deepEqual([file["bytes"], file["sha256"]], [WHOLE.length, sha256(WHOLE)]);
    assert.deepEqual(bucket.keys(), [`files/${id}`]);
    const read = await fetch(`${program.url}${file["url"]}`);
    assert.equal(sha256(await read.bytes()), sha256(WHOLE));

    // The first by a link, the second piece by piece, the third by a link again.
    const mixed = await begin(alice, WHOLE.length);
    const [first, third] = [WHOLE.slice(0, PIECE), WHOLE.slice(2 * PIECE)];
    assert.equal(await put(await linkTo(alice, mixed, 0, first), first), 200);
    assert.equal(await offsetOf(alice, mixed), PIECE);
    for (const [from, to] of [[PIECE, PIECE + 3 * MIB], [PIECE + 3 * MIB, 2 * PIECE]] as const) {
      assert.equal((await patch(alice, mixed, from, WHOLE.slice(from, to))).status, 204);
      if (to === 2 * PIECE) continue;
      const odd = await alice.call("POST", `/uploads/${mixed}/link`, {
        ...{ offset: to, sha256: sha256(third) },
      });
      assert.deepEqual([odd.status, odd.json["field"]], [400, "offset"]);
    }
    assert.equal(await put(await linkTo(alice, mixed, 2 * PIECE, third), third), 200);
    assert.equal(await offsetOf(alice, mixed), WHOLE.length);
    assert.equal((await alice.done("GET", `/files/${mixed}`))["sha256"], sha256(WHOLE));

    // What was brought and not asked for yet is found by the next one who goes on.
    const left = await begin(alice, WHOLE.length);
    assert.equal(await put(await linkTo(alice, left, 0, first), first), 200);
    const wrong = await alice.call("POST", `/uploads/${left}/link`, {
      ...{ offset: 0, sha256: sha256(first) },
    });
    assert.deepEqual([wrong.status, wrong.json["code"]], [409, "offset_mismatch"]);
    assert.equal((await alice.call("DELETE", `/uploads/${left}`, undefined, TUS)).status, 204);
    await waitFor("its pieces are gone", () => `${bucket.keys()}` === `${filesOf(id, mixed)}`);
    const stats = await (await applicationOf(program, ["read"])).done("GET", "/stats");
    assert.deepEqual(
      [stats["files_upload_links"], stats["files_stored"], stats["files_bytes_received"]],
      [6, 2, 2 * WHOLE.length + PIECE],
    );
    assert.deepEqual(program.errors, []);
  });

  Deno.test(`who gets a link, and for what (${listener})`, async () => {
    await using bucket = await S3Server.start();
    await using program = await start(bucket, {
      ...{ APP_LISTENER: listener, FILES_USER_BYTES: "40m", FILES_MAX_BYTES: "30m" },
    });
    const [alice, bob] = [await userOf(program, 1), await userOf(program, 2)];
    const stranger = await userOf(program, 1, { site_id: "shop" });
    const app = await applicationOf(program, ["files:write"]);
    const reads = await applicationOf(program, ["files:read"]);
    const id = await begin(alice, 2 * PIECE);
    const wanted = { offset: 0, sha256: sha256(WHOLE) };
    for (const caller of [bob, stranger, app]) {
      const { status, json } = await caller.call("POST", `/uploads/${id}/link`, wanted);
      assert.deepEqual([status, json["code"]], [404, "not_found"]);
    }
    assert.equal((await reads.call("POST", `/uploads/${id}/link`, wanted)).status, 403);
    const asUser = await app.call("POST", `/uploads/${id}/link`, { ...wanted, user_id: 1 });
    assert.equal(asUser.status, 201);
    const refused: [fields: Json, status: number, field: string | undefined][] = [
      [{ sha256: wanted.sha256 }, 400, "offset"],
      [{ offset: 0 }, 400, "sha256"],
      [{ offset: 0, sha256: "x".repeat(64) }, 400, "sha256"],
      [{ offset: -1, sha256: wanted.sha256 }, 400, "offset"],
      [{ offset: PIECE, sha256: wanted.sha256 }, 409, undefined],
      [{ offset: 2 * PIECE, sha256: wanted.sha256 }, 409, undefined],
    ];
    for (const [fields, status, field] of refused) {
      const answer = await alice.call("POST", `/uploads/${id}/link`, fields);
      assert.deepEqual([answer.status, answer.json["field"]], [status, field], `${answer.json}`);
    }
    const none = await alice.call("POST", `/uploads/${"x".repeat(22)}/link`, wanted);
    assert.equal(none.status, 404);

    // What would not be taken gets no upload, and no link.
    for (const [length, code] of [[31 * MIB, "too_large"], [30 * MIB, "storage_full"]] as const) {
      assert.equal((await beginning(alice, length)).json["code"], code);
    }
    // What is short, or a picture, is not worth it: its answer offers no pieces.
    for (const [length, type] of [[PIECE, "text/plain"], [PIECE + 1, "image/png"]] as const) {
      const begun = await beginning(bob, length, type);
      assert.deepEqual([begun.status, begun.json["direct"]], [201, undefined]);
    }
    assert.equal((await beginning(bob, PIECE + 1)).json["direct"], PIECE);
  });
}

Deno.test("without the setting, and on a disk, there are no links", async () => {
  await using bucket = await S3Server.start();
  for (const env of [envOf(bucket, { FILES_S3_DIRECT: "false" }), { APP_KEY }]) {
    await using program = await Program.start({ env });
    const alice = await userOf(program, 1);
    const begun = await beginning(alice, WHOLE.length);
    assert.equal(begun.json["direct"], undefined);
    const { status, json } = await alice.call("POST", `/uploads/${begun.json["id"]}/link`, {
      ...{ offset: 0, sha256: sha256(WHOLE) },
    });
    assert.deepEqual([status, json["code"]], [404, "not_found"]);
  }
});

Deno.test("what comes by links is refused as all else is: by its type, and by the application", async () => {
  await using bucket = await S3Server.start();
  let program: Program | undefined;
  await using application = new Application(async ({ url }) => {
    const bytes = await (await fetch(new URL(String(url), program?.url))).bytes();
    return { allow: bytes[0] !== 0x58, reason: "It begins with X" };
  });
  await using started = program = await start(bucket, {
    ...{ FILES_TYPES: "text/plain,image/*" },
    ...application.env("file"),
  });
  const alice = await userOf(started, 1);
  const text = new TextEncoder().encode("a".repeat(PIECE + 10));
  const pdf = new TextEncoder().encode(`%PDF-1.7\n${"a".repeat(PIECE)}`);
  const bad = new TextEncoder().encode(`X${"a".repeat(PIECE)}`);
  assert.equal((await bring(alice, text)).answer.status, 200);
  assert.equal(application.asked.length, 1);
  const ofType = await bring(alice, pdf);
  assert.deepEqual([ofType.answer.status, ofType.answer.json["code"]], [415, "type_denied"]);
  const asked = await bring(alice, bad);
  assert.deepEqual([asked.answer.status, asked.answer.json["message"]], [403, "It begins with X"]);
  for (const { id } of [ofType, asked]) {
    assert.equal((await alice.call("GET", `/uploads/${id}`, undefined, TUS)).status, 404);
  }
  await waitFor("one file is left", () => bucket.keys().length === 1);

  // A picture that says that it is none loses its place all the same.
  const place = ["-GPSLatitude=51.5", "-GPSLatitudeRef=N", "-GPSLongitude=7", "-GPSLongitudeRef=W"];
  const photo = await withTags(await plain("image/png", { width: 1900, height: 1700 }), place);
  assert.ok(photo.length > PIECE);
  const { id, answer } = await bring(alice, photo.slice());
  assert.equal(answer.status, 200);
  const file = await alice.done("GET", `/files/${id}`);
  assert.deepEqual([file["type"], file["width"], file["height"]], ["image/png", 1900, 1700]);
  const served = await (await fetch(`${started.url}${file["url"]}`)).bytes();
  assert.equal(sha256(served), file["sha256"]);
  assert.deepEqual(Object.keys(await tagsOf(served)).filter((name) => /gps/i.test(name)), []);
});

Deno.test("a server that is killed at any step goes on with what is in the bucket", async () => {
  await using bucket = await S3Server.start();
  await using folder = await dataFolder();
  const env = envOf(bucket);
  let program = await Program.start({ env, dataDir: folder.path });
  const again = async () => {
    program.kill();
    await program.ended();
    await program[Symbol.asyncDispose]();
    program = await Program.start({ env, dataDir: folder.path });
    return await userOf(program, 1);
  };
  try {
    let alice = await userOf(program, 1);
    const id = await begin(alice, WHOLE.length);
    const [first, second, third] = [0, 1, 2].map((at) => WHOLE.slice(at * PIECE, (at + 1) * PIECE));
    const link = await linkTo(alice, id, 0, first!);
    alice = await again(); // the link is out, nothing has come
    assert.equal(await offsetOf(alice, id), 0);
    assert.equal(await put(link, first!), 200);
    alice = await again(); // it has come, nobody has said so
    assert.equal(await put(await linkTo(alice, id, PIECE, second!), second!), 200);
    assert.equal(await put(await linkTo(alice, id, 2 * PIECE, third!), third!), 200);
    alice = await again(); // all has come
    const asking = alice.call("GET", `/uploads/${id}`, undefined, TUS).catch(() => {});
    await waitFor("it is made a file", () => bucket.keys().some((key) => key.startsWith("files/")));
    alice = await again(); // it is the file in the bucket, and maybe not in the rows
    await asking;
    assert.equal(await put(link, first!), 200, "somebody brings a piece once more");
    assert.equal(await offsetOf(alice, id), WHOLE.length);
    assert.equal((await alice.done("GET", `/files/${id}`))["sha256"], sha256(WHOLE));
    const { files } = await alice.done("GET", "/files");
    assert.equal((files as Json[]).length, 1);
  } finally {
    await program[Symbol.asyncDispose]();
  }
});

Deno.test("the library brings what is large to the bucket, and goes on without it where that fails", async () => {
  await using bucket = await S3Server.start();
  await using proxy = await FaultyProxy.start(bucket.port);
  await using program = await start(bucket, { FILES_S3_ENDPOINT: proxy.endpoint });
  const token = () => connectionToken({ sub: "1" });
  const client = connect({ url: program.webSocketUrl, token });
  const puts = () => proxy.seen.filter(({ url }) => url.includes("X-Amz-Signature")).length;
  const told: number[] = [];
  const file = await client.upload(new Blob([WHOLE]), {
    name: "film.bin",
    onProgress: ({ sent }) => told.push(sent),
  });
  assert.deepEqual([file.bytes, file.sha256], [WHOLE.length, sha256(WHOLE)]);
  assert.equal(puts(), 3);
  assert.equal(told.at(-1), WHOLE.length);
  // A stream, too; what is short, and pictures, come to the server.
  const stream = await client.upload(new Blob([WHOLE]).stream(), {
    ...{ name: "stream.bin", bytes: WHOLE.length },
  });
  assert.deepEqual([stream.sha256, puts()], [sha256(WHOLE), 6]);
  await client.upload(new Blob([WHOLE.subarray(0, PIECE)]));
  await client.upload(new Blob([WHOLE], { type: "image/png" }));
  assert.equal(puts(), 6);

  // One piece comes, then the bucket cannot be reached from here; the server still can.
  let count = 0;
  proxy.fault = ({ url }) => {
    if (!url.includes("X-Amz-Signature")) return undefined;
    return ++count === 1 ? undefined : { kind: "cut request", after: MIB };
  };
  const rest = await client.upload(new Blob([WHOLE]), { name: "rest.bin" });
  assert.equal(rest.sha256, sha256(WHOLE));
  assert.ok(count === 2 || count === 3, `${count}: the runtime may make a request again itself`);
  proxy.fault = ({ url }) => {
    return url.includes("X-Amz-Signature") ? { kind: "answer", status: 403 } : undefined;
  };
  const other = await client.upload(new Blob([WHOLE]).stream(), { bytes: WHOLE.length });
  assert.equal(other.sha256, sha256(WHOLE));
  client.close();
});

Deno.test("the command line brings what is large to the bucket, also from a server with TLS", async () => {
  await using bucket = await S3Server.start();
  await using proxy = await FaultyProxy.start(bucket.port);
  await using certificate = await Certificate.make();
  const { cert, key } = certificate;
  const tls = { APP_TLS_CERT: cert, APP_TLS_KEY: key };
  const { APP_KEY: _, ...open } = envOf(bucket, { ...tls, FILES_S3_ENDPOINT: proxy.endpoint });
  await using program = await Program.start({ env: open });
  await using folder = await dataFolder();
  await Deno.writeFile(`${folder.path}/film.bin`, WHOLE);
  const { code, stdout, stderr } = await run(
    [...taskCommand("upload"), `${folder.path}/film.bin`, "--json"],
    { env: { ...tls, APP_PORT: `${program.port}` } },
  );
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).sha256, sha256(WHOLE));
  const puts = proxy.seen.filter(({ url }) => url.includes("X-Amz-Signature"));
  assert.equal(puts.length, 3);
});

function envOf(bucket: S3Server, more: Record<string, string> = {}): Record<string, string> {
  return {
    APP_KEY,
    FILES_S3_ENDPOINT: bucket.config().endpoint,
    FILES_S3_BUCKET: BUCKET,
    FILES_S3_KEY: S3_KEY,
    FILES_S3_SECRET: S3_KEY,
    FILES_S3_DIRECT: "true",
    ...more,
  };
}

function start(bucket: S3Server, more: Record<string, string> = {}): Promise<Program> {
  return Program.start({ env: envOf(bucket, more) });
}

function beginning(caller: Caller, length: number, type = ""): Promise<HttpAnswer> {
  const metadata = [["filename", "film.bin"], ["filetype", type]]
    .flatMap(([key, value = ""]) => value === "" ? [] : `${key} ${btoa(value)}`);
  return caller.call("POST", "/uploads", undefined, {
    ...{ ...TUS, "upload-length": `${length}`, "upload-metadata": metadata.join(",") },
  });
}

/** Begins an upload, which may come by links. Resolves with its id. */
async function begin(caller: Caller, length: number): Promise<string> {
  const { status, json } = await beginning(caller, length);
  assert.deepEqual([status, json["direct"]], [201, PIECE]);
  return String(json["id"]);
}

async function linkTo(
  caller: Caller,
  id: string,
  offset: number,
  piece: Uint8Array,
): Promise<Json> {
  return await caller.done("POST", `/uploads/${id}/link`, { offset, sha256: sha256(piece) });
}

/** Brings a piece to the bucket. Resolves with the status of its answer. */
async function put({ method, url, headers }: Json, piece: Uint8Array): Promise<number> {
  const answer = await fetch(String(url), {
    method: String(method),
    headers: headers as Record<string, string>,
    body: piece as Uint8Array<ArrayBuffer>,
  });
  await answer.body?.cancel();
  return answer.status;
}

/** Brings all of a file by links. Resolves with the answer to who asks then how much there is. */
async function bring(caller: Caller, bytes: Uint8Array) {
  const id = await begin(caller, bytes.length);
  for (let offset = 0; offset < bytes.length; offset += PIECE) {
    const piece = bytes.slice(offset, offset + PIECE);
    assert.equal(await put(await linkTo(caller, id, offset, piece), piece), 200);
  }
  return { id, answer: await caller.call("GET", `/uploads/${id}`, undefined, TUS) };
}

async function offsetOf(caller: Caller, id: string): Promise<unknown> {
  const { json } = await caller.call("GET", `/uploads/${id}`, undefined, TUS);
  return json["offset"];
}

function patch(caller: Caller, id: string, offset: number, piece: Uint8Array): Promise<HttpAnswer> {
  return send(caller, `/uploads/${id}`, offset, piece);
}

async function send(
  { program, bearer }: Caller,
  path: string,
  offset: number,
  body: Uint8Array,
): Promise<HttpAnswer> {
  const response = await fetch(`${program.url}/api${path}`, {
    method: "PATCH",
    headers: {
      authorization: `Bearer ${bearer}`,
      ...TUS,
      "content-type": "application/offset+octet-stream",
      "upload-offset": `${offset}`,
    },
    body: body as Uint8Array<ArrayBuffer>,
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, json: text === "" ? {} : JSON.parse(text) };
}

function filesOf(...ids: string[]): string[] {
  return ids.map((id) => `files/${id}`).sort();
}

async function dataFolder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
