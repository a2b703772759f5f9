/** Bodies in chunks of any size and without end, on both listeners: what they cost the server, and whether others are still answered. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Certificate } from "../support/certificate.ts";
import { applicationOf, type Caller } from "../support/chat.ts";
import { MemoryWatch } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { APP_KEY, connectionToken } from "../support/tokens.ts";

useOwnProcesses(); // their memory is looked at

const MIB = 1_048_576;
const BLOCK_BYTES = 65_536;
/** More than a body of the API may have, and more than the runtime may keep of one. */
const FLOOD_BYTES = 48 * MIB;
/** Far less than what is sent, and less than a buffer for each chunk would take. */
const MOST_MIB = 96;
/** A file in tiny chunks takes no more than another one. */
const MOST_TINY_MIB = 48;
const NOTIFICATIONS = "/api/users/1/notifications";

for (const listener of ["deno", "node"] as const) {
  const test = (what: string, run: (caller: Caller) => Promise<void>) =>
    Deno.test(`${listener} listener: ${what}`, async () => {
      await using program = await Program.start({
        env: { APP_KEY, APP_LISTENER: listener, FILES_MAX_BYTES: "1g" },
      });
      await run(await applicationOf(program, ["publish", "files:write"]));
      assert.deepEqual(program.errors, []);
    });

  test("a body of the API in tiny chunks is refused, and takes little memory", async (caller) => {
    using watch = new MemoryWatch(caller.program.pid);
    const { status } = await flood(caller, NOTIFICATIONS, 1);
    assert.equal(status, 413);
    assert.ok(watch.grown < MOST_MIB, `${watch.grown} MiB`);
  });

  test("a file comes whole in chunks of all sizes", async (caller) => {
    for (const size of [700, 1000, 4096, 30_000, 65_536, 300_000]) {
      const bytes = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES));
      const count = Math.max(size, 8 * BLOCK_BYTES) / BLOCK_BYTES;
      const whole = new Uint8Array(Math.ceil(count) * BLOCK_BYTES);
      for (let at = 0; at < whole.length; at += BLOCK_BYTES) whole.set(bytes, at);
      const { status, json } = await sendChunks(caller, "/api/files", chunksOf(whole, size));
      assert.equal(status, 201, JSON.stringify(json));
      assert.equal(json["sha256"], createHash("sha256").update(whole).digest("hex"));
    }
  });
}

Deno.test("deno listener: a file in tiny chunks, faster than they can be taken, is refused", async () => {
  await using program = await Program.start({ env: { APP_KEY } });
  const caller = await applicationOf(program, ["files:write"]);
  using watch = new MemoryWatch(program.pid);
  for (const size of [1, 300]) {
    const { status, json } = await flood(caller, "/api/files", size);
    assert.deepEqual([status, json["code"]], [413, "too_long"]);
    assert.match(String(json["message"]), /chunks/);
    assert.ok(watch.grown < MOST_MIB, `${watch.grown} MiB`);
  }
  // Slowly, the same chunks are a file.
  const slowly = async function* () {
    for (const each of "a slow file") {
      yield `1\r\n${each}\r\n`;
      await (await fetch(`${program.url}/healthz`)).body?.cancel();
    }
  };
  const file = await sendChunks(caller, "/api/files", slowly());
  assert.deepEqual([file.status, file.json["bytes"]], [201, 11]);
});

Deno.test("node listener: a file in tiny chunks comes whole, and takes little memory", async () => {
  await using program = await Program.start({ env: { APP_KEY, APP_LISTENER: "node" } });
  const caller = await applicationOf(program, ["files:write"]);
  using watch = new MemoryWatch(program.pid);
  for (const size of [1, 16]) {
    const { status, json } = await flood(caller, "/api/files", size, 8 * MIB);
    assert.equal(status, 201, JSON.stringify(json));
    assert.ok(Number(json["bytes"]) > MIB);
    assert.ok(watch.grown < MOST_TINY_MIB, `${watch.grown} MiB`);
  }
});

Deno.test("deno listener: a file in chunks of a usual size comes over TLS, however fast", async () => {
  await using certificate = await Certificate.make();
  const url = (program: Program) => program.url.replace("127.0.0.1", "localhost");
  await using program = await Program.start({ env: { APP_KEY, ...certificate.env } });
  using client = Deno.createHttpClient({
    caCerts: [(await certificate.read()).cert],
    http2: false,
  });
  const body = async function* () {
    for (let count = 0; count < 512; count++) yield await Promise.resolve(new Uint8Array(MIB / 16));
  };
  const token = await connectionToken({ sub: "1" });
  const answer = await fetch(`${url(program)}/api/files`, {
    ...{ client, method: "POST", body: ReadableStream.from(body()) },
    headers: { authorization: `Bearer ${token}` },
  });
  const { bytes } = await answer.json();
  assert.deepEqual([answer.status, bytes], [201, 32 * MIB]);
});

/** Sends chunks of one size until they are answered; others are answered meanwhile. */
async function flood(caller: Caller, path: string, size: number, bytes = FLOOD_BYTES) {
  const chunk = `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
  const block = chunk.repeat(BLOCK_BYTES / chunk.length);
  const blocks = function* () {
    for (let sent = 0; sent < bytes; sent += block.length) yield block;
  };
  const flooding = sendChunks(caller, path, blocks());
  const signal = AbortSignal.timeout(60_000);
  const health = await fetch(`${caller.program.url}/healthz`, { signal });
  assert.equal(await health.text(), "ok\n");
  return await flooding;
}

function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    yield encoder.encode(`${chunk.length.toString(16)}\r\n`);
    yield chunk;
    yield encoder.encode("\r\n");
  }
}

/** Sends what is already in chunks, and their end, or as much as is taken before the answer. */
async function sendChunks(
  { program, bearer }: Caller,
  path: string,
  chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<{ status: number; json: Record<string, unknown> }> {
  const encoder = new TextEncoder();
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
  const reading = answerOn(connection);
  let isAnswered = false;
  const answered = reading.finally(() => isAnswered = true);
  const write = async (part: string | Uint8Array) => {
    let rest = typeof part === "string" ? encoder.encode(part) : part;
    while (rest.length > 0 && !isAnswered) rest = rest.subarray(await connection.write(rest));
  };
  const head = [
    ...[`POST ${path} HTTP/1.1`, `Host: 127.0.0.1:${program.port}`],
    ...[`Authorization: Bearer ${bearer}`, "Transfer-Encoding: chunked", "", ""],
  ];
  const writing = (async () => {
    await write(head.join("\r\n"));
    for await (const chunk of chunks) await write(chunk);
    await write("0\r\n\r\n");
  })();
  const written = writing.catch(() => {}); // the server has ended the connection, be its answer read by then or not
  const answer = await answered;
  await written;
  return answer;
}

async function answerOn(connection: Deno.TcpConn) {
  const buffer = new Uint8Array(BLOCK_BYTES);
  const decoder = new TextDecoder();
  for (let text = "";;) {
    const [head = "", body = ""] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (body.length >= length) {
      return { status: Number(head.split(" ")[1]), json: JSON.parse(body) };
    }
    const read = await connection.read(buffer);
    if (read === null) throw new Error(`it has ended without an answer: ${text}`);
    text += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
}
