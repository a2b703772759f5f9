/** Chunks of bodies that `node:http` finds: they come as they were sent, and others have their turns meanwhile. */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { nextTurn } from "../../lib/base/clock.ts";
import { gatherChunks } from "../../lib/listeners/node_chunks.ts";
import { NodeBody } from "../../lib/listeners/node_body.ts";

/** Of one read from a connection, in chunks of a byte, and somewhat more. */
const MOST_A_TURN = 32_768;
const KIB = 1024;

Deno.test("a body that nobody reads, in tiny chunks: others have their turns", async () => {
  const whole = new Uint8Array(300_000).fill(7);
  let [most, all] = [0, 0];
  await sent(chunksOf(whole, () => 1), async (message) => {
    let inTurn = 0;
    const push = message.push;
    message.push = (chunk: Uint8Array | null) => {
      most = Math.max(most, ++inTurn);
      all++;
      return push.call(message, chunk);
    };
    let isOver = false;
    message.on("end", () => isOver = true).resume();
    for (; !isOver; inTurn = 0) await nextTurn();
  });
  assert.ok(all > whole.length);
  assert.ok(most < MOST_A_TURN, `${most} chunks in one turn`);
});

Deno.test("a body comes whole and in order, whatever its chunks are", async () => {
  const whole = new Uint8Array(2048 * KIB).map((_, at) => (at * 7 + (at >> 8)) % 256);
  const sizes: (() => number)[] = [
    ...[() => 40, () => 2048, () => 2049, () => 100 * KIB],
    () => Math.ceil(Math.random() * 5000), // small and large ones by turns
  ];
  for (const size of sizes) {
    const pieces: Uint8Array[] = [];
    await sent(chunksOf(whole, size), async (message) => {
      const body = new NodeBody(message);
      for (let piece; (piece = await body.next()) !== undefined;) {
        pieces.push(Uint8Array.from(piece));
      }
    });
    assert.deepEqual(new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()), whole);
  }
});

/** Sends a body that is in chunks already, and resolves once it was taken. */
async function sent(
  chunks: Uint8Array,
  take: (message: IncomingMessage) => Promise<void>,
): Promise<void> {
  const { promise: taken, resolve, reject } = Promise.withResolvers<void>();
  const server = createServer((message, answer) => {
    gatherChunks(message);
    take(message).then(resolve, reject).finally(() => answer.end());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const write = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  await write(
    new TextEncoder().encode("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"),
  );
  await write(chunks);
  await taken;
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}

function chunksOf(bytes: Uint8Array, size: () => number): Uint8Array {
  const encoder = new TextEncoder();
  const all: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const chunk = bytes.subarray(at, at + size());
    all.push(encoder.encode(`${chunk.length.toString(16)}\r\n`), chunk, encoder.encode("\r\n"));
    at += chunk.length;
  }
  all.push(encoder.encode("0\r\n\r\n"));
  const joined = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const each of all) {
    joined.set(each, end);
    end += each.length;
  }
  return joined;
}
