/**
 * Load for one room: opens receivers and one publisher that keeps a number of messages in flight, and counts what
 * arrives. A process of its own, on raw TCP, so that it costs less than the server it measures.
 * Arguments: port, receivers, window, seconds. Prints one line of JSON, {@linkcode Measured}.
 */
import process from "node:process";

export interface Measured {
  readonly deliveriesPerSecond: number;
  /** From publishing to the first receiver, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of this generator; near 1 means that it is the limit. */
  readonly generatorCpu: number;
}

const WARM_UP_MS = 1000;

const [port = 0, receivers = 0, window = 0, seconds = 0] = Deno.args.map(Number);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
let delivered = 0;
let sent = 0;
let measuring = false;
const latencies: number[] = [];

const publisher = await open();
const connections = [];
for (let index = 0; index < receivers; index++) {
  const connection = await open();
  await connection.write(frame({ type: "keepalive", user_id: index, room: "lobby" }));
  connections.push(connection);
}
await publisher.write(frame({ type: "keepalive", user_id: "publisher", room: "elsewhere" }));
const reading = connections.map((connection, index) => read(connection, index === 0));

const publishing = setInterval(publish, 1);
await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
measuring = true;
const [startedAt, before, cpuBefore] = [performance.now(), delivered, cpuSeconds()];
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const elapsed = (performance.now() - startedAt) / 1000;
const [count, cpu] = [delivered - before, cpuSeconds() - cpuBefore];
clearInterval(publishing);

latencies.sort((a, b) => a - b);
const measured: Measured = {
  deliveriesPerSecond: Math.round(count / elapsed),
  p50Ms: percentile(0.5),
  p99Ms: percentile(0.99),
  generatorCpu: cpu / elapsed,
};
console.log(JSON.stringify(measured));
for (const connection of [...connections, publisher]) connection.close();
await Promise.allSettled(reading);

/** Opens a WebSocket by hand. */
async function open(): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  await connection.write(encoder.encode(
    `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  const buffer = new Uint8Array(4096);
  let answer = "";
  while (!answer.includes("\r\n\r\n")) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error(`no upgrade: ${answer}`);
    answer += decoder.decode(buffer.subarray(0, length));
  }
  return connection;
}

/** A masked text frame; the mask is zero. */
function frame(message: unknown): Uint8Array {
  const payload = encoder.encode(JSON.stringify(message));
  const head = payload.length < 126
    ? [0x81, 0x80 | payload.length]
    : [0x81, 0xfe, payload.length >> 8, payload.length & 255];
  return new Uint8Array([...head, 0, 0, 0, 0, ...payload]);
}

/** Keeps `window` messages in flight: one is done when as many copies have arrived as there are receivers. */
function publish(): void {
  let inFlight = sent - Math.floor(delivered / receivers);
  for (; inFlight < window; inFlight++) {
    sent++;
    const message = `T=${performance.now().toFixed(3)}=T hello`;
    publisher.write(
      frame({ type: "usermsg", user_id: "publisher", room: "lobby", message, name: "Alice" }),
    ).catch(() => {});
  }
}

/** Counts the text frames that arrive. */
async function read(connection: Deno.TcpConn, timed: boolean): Promise<void> {
  const buffer = new Uint8Array(1 << 16);
  let missing = 0; // bytes of a frame whose head is known
  let head: number[] = []; // bytes of a head that is not whole yet
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) return;
    if (timed && measuring) time(buffer.subarray(0, length));
    for (let at = 0; at < length;) {
      if (missing > 0) {
        const taken = Math.min(missing, length - at);
        missing -= taken;
        at += taken;
        continue;
      }
      head.push(buffer[at++] ?? 0);
      const size = payloadLength(head);
      if (size === undefined) continue;
      if ((head[0] ?? 0) === 0x81) delivered++;
      missing = size;
      head = [];
    }
    if (timed) publish();
  }
}

/** `undefined` until the head is whole. */
function payloadLength(head: readonly number[]): number | undefined {
  const [, length, high = 0, low = 0] = head;
  if (length === undefined) return undefined;
  if (length < 126) return length;
  if (length === 127) throw new Error("a frame of over 64 KiB is not expected here");
  return head.length === 4 ? high * 256 + low : undefined;
}

function time(bytes: Uint8Array): void {
  for (const [, sentAt] of decoder.decode(bytes).matchAll(/T=([\d.]+)=T/g)) {
    latencies.push(performance.now() - Number(sentAt));
  }
}

function percentile(share: number): number {
  return latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? NaN;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
