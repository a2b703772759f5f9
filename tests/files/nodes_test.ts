/** Two nodes on one Redis and one PostgreSQL: one is killed in the middle of an upload, and the other goes on with it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { userOf } from "../support/chat.ts";
import { PostgresServer } from "../support/postgres.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { BUCKET, S3_KEY, S3Server } from "../support/s3.ts";
import { APP_KEY } from "../support/tokens.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1024 * 1024;
const VERSION = { "tus-resumable": "1.0.0" };
const PATCH = { ...VERSION, "content-type": "application/offset+octet-stream" };

Deno.test("in one folder: an upload goes on at the other node, from what was safe", async () => {
  const folder = await Deno.makeTempDir();
  await goesOn({ FILES_DIR: folder }, { bytes: 20 * MIB, sent: 18 * MIB, least: 8 * MIB });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("in one bucket: an upload goes on at the other node, from what was safe", async () => {
  await using s3 = await S3Server.start();
  await goesOn({
    FILES_S3_ENDPOINT: s3.config().endpoint,
    FILES_S3_BUCKET: BUCKET,
    FILES_S3_KEY: S3_KEY,
    FILES_S3_SECRET: S3_KEY,
  }, { bytes: 20 * MIB, sent: 18 * MIB, least: 8 * MIB });
  assert.equal(s3.keys().length, 1);
  assert.deepEqual(s3.multiparts(), []);
});

interface Sizes {
  readonly bytes: number;
  /** Those that have come before the node is killed. */
  readonly sent: number;
  /** Those that have to be safe then. */
  readonly least: number;
}

async function goesOn(
  files: Record<string, string>,
  { bytes, sent, least }: Sizes,
): Promise<void> {
  await using redis = await RedisServer.start();
  await using postgres = await PostgresServer.start();
  // Else the server would end the body that stands still, and note how far it came.
  const env = { APP_KEY, APP_REQUEST_SECONDS: "600", ...redis.env, ...postgres.env, ...files };
  const dataDir = await Deno.makeTempDir();
  await using one = await Program.start({ env, dataDir });
  await using other = await Program.start({ env });
  const whole = new Uint8Array(bytes).map((_, at) => (at * 7 + (at >> 8)) % 256);
  const alice = await userOf(one, 1);
  const headers = { authorization: `Bearer ${alice.bearer}`, ...VERSION };
  const begun = await fetch(`${one.url}/api/uploads`, {
    ...{ method: "POST", headers: { ...headers, "upload-length": String(bytes) } },
  });
  await begun.body?.cancel();
  const path = `/api/${begun.headers.get("location")}`;

  using connection = await Deno.connect({ hostname: "127.0.0.1", port: one.port });
  const head = [
    ...[`PATCH ${path} HTTP/1.1`, `Host: 127.0.0.1:${one.port}`, "Upload-Offset: 0"],
    ...Object.entries({ ...PATCH, ...headers }).map(([name, value]) => `${name}: ${value}`),
    ...[`Content-Length: ${bytes}`, "", ""],
  ];
  await writeAll(connection, new TextEncoder().encode(head.join("\r\n")));
  await writeAll(connection, whole.subarray(0, sent));
  await waitFor("much of it is safe, and known to be", async () => {
    return Number(await postgres.sql("SELECT safe_offset FROM notifyli.files")) >= least;
  });
  one.kill("SIGKILL");
  await one.ended();

  const found = await fetch(other.url + path, { method: "HEAD", headers });
  const offset = Number(found.headers.get("upload-offset"));
  assert.ok(found.status === 200 && offset >= least && offset <= sent, `${found.status} ${offset}`);
  const patched = await fetch(other.url + path, {
    method: "PATCH",
    headers: { ...headers, ...PATCH, "upload-offset": String(offset) },
    body: whole.subarray(offset),
  });
  assert.equal(patched.status, 204, await patched.text());
  const file = await (await userOf(other, 1)).done("GET", path.replace("/api/uploads", "/files"));
  assert.equal(file["sha256"], createHash("sha256").update(whole).digest("hex"));
  const answer = await fetch(other.url + String(file["url"]));
  const served = new Uint8Array(await answer.arrayBuffer());
  assert.equal(createHash("sha256").update(served).digest("hex"), file["sha256"]);
  await Deno.remove(dataDir, { recursive: true });
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
