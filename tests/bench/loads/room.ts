/**
 * Load for rooms: opens clients, keeps a number of messages in flight, and counts what arrives. A process of its own.
 * Takes {@linkcode RoomLoad} as JSON, prints {@linkcode RoomFigures}.
 *
 * In slices, it prints a line once all clients are there, and then a {@linkcode Slice} for each byte that it reads, until
 * there are no more: so that several servers can be measured second by second in turn, and what else the machine does
 * touches all of them alike.
 */
import { type DialectName, dialects, type Speaker, tokenFor } from "./dialects.ts";
import { cpuSeconds, percentile, residentKiB } from "./figures.ts";
import { wait, waitUntil } from "./sockets.ts";
import { type FrameReader, LoadSocket } from "./web_socket.ts";

export interface RoomLoad {
  readonly ports: readonly number[];
  /** Of the server: what they use is measured. */
  readonly pids: readonly number[];
  readonly dialect: DialectName;
  readonly clients: number;
  readonly roomSize: number;
  /** Messages in flight, in all rooms together; 0: none is sent, the clients only stay for `seconds`. */
  readonly window: number;
  readonly everyoneTalks: boolean;
  /** Of the whole, or of a slice. */
  readonly seconds: number;
  readonly isSliced?: boolean;
  /** Messages that are in the first room's history before the clients come; for notifyli's version 1. */
  readonly prefill?: number;
  /** With it, each client brings a token. */
  readonly key?: string;
}

export interface Slice {
  readonly deliveriesPerSecond: number;
  /** Of the server's processes, in microseconds. */
  readonly cpuPerDelivery: number;
}

export interface RoomFigures extends Slice {
  readonly connectsPerSecond: number;
  /** Not arrived 3 seconds after the last message was sent. */
  readonly lost: number;
  /** From sending to receiving, in milliseconds, of every message at a few of the clients. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server's processes, during the load. */
  readonly cpuSeconds: number;
  /** Of this process; near 1 means that it is the limit. */
  readonly generatorCpu: number;
  /** Of the server for each client, after the load: without one, what they cost once they are idle. */
  readonly kibPerClient: number;
}

/** Connections that are being opened at once: fewer than any server's backlog. */
const OPENING = 100;
/** Fewer than the frames of one client that the server lets wait. */
const PREFILL_WINDOW = 500;
const SETTLE_MS = 500;
const WARM_UP_MS = 1000;
/** How many clients take part in measuring latency. */
const TIMED = 20;

/** Speaks where not everyone does. */
const LONE_SPEAKER = { user: 1_000_000, room: "aside" };

const NEW_LINE = 10;
const decoder = new TextDecoder();
const load: RoomLoad = JSON.parse(Deno.args[0] ?? "");
const dialect = dialects[load.dialect];
/** How many receive each message. */
const receivers = load.roomSize - (dialect.sparesSender ? 1 : 0);
let failure: string | undefined;
let opening = 0;
let delivered = 0;
let sent = 0;
let lost = 0;
let measuring = false;
const latencies: number[] = [];

if (load.prefill !== undefined) prefill(load.prefill);
const memoryBefore = residentKiB(load.pids);
const connectingAt = performance.now();
const clients: LoadSocket[] = [];
for (let index = 0; index < load.clients; index++) {
  clients.push(open(speakerOf(index)));
  waitUntil(() => opening < OPENING, 10_000);
}
const publishers = load.everyoneTalks ? clients : [open(LONE_SPEAKER)];
waitUntil(() => opening === 0, 10_000);
const connectSeconds = (performance.now() - connectingAt) / 1000;
waitUntil(() => failure !== undefined, SETTLE_MS);

clients.forEach((client, index) => {
  hear(client, index % Math.ceil(load.clients / TIMED) === 0 ? time : count);
});
if (!load.everyoneTalks) hear(publishers[0]!, () => {});
run(WARM_UP_MS);
const total = { seconds: 0, deliveries: 0, cpu: 0, own: 0 };
let kibPerClient = 0;
if (load.isSliced) {
  arrive();
  console.log();
  const byte = new Uint8Array(1);
  while (failure === undefined && Deno.stdin.readSync(byte) !== null) {
    const seen = slice();
    arrive(); // all is quiet before another server has its turn
    console.log(JSON.stringify(seen));
  }
} else {
  slice();
  arrive();
}
if (failure !== undefined) throw new Error(`The server refused or closed a client: ${failure}`);

const figures: RoomFigures = {
  ...perSecond(total),
  connectsPerSecond: Math.round(load.clients / connectSeconds),
  lost,
  cpuSeconds: total.cpu,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  generatorCpu: total.own / total.seconds,
  kibPerClient,
};
console.log(JSON.stringify(figures));
Deno.exit(0); // thousands of sockets close by themselves

/** Runs the load for its time, and counts. */
function slice(): Slice {
  const before = {
    at: performance.now(),
    delivered,
    cpu: cpuSeconds(load.pids),
    own: cpuSeconds([Deno.pid]),
  };
  measuring = true;
  run(load.seconds * 1000);
  measuring = false;
  const these = {
    seconds: (performance.now() - before.at) / 1000,
    deliveries: delivered - before.delivered,
    cpu: cpuSeconds(load.pids) - before.cpu,
    own: cpuSeconds([Deno.pid]) - before.own,
  };
  kibPerClient = (residentKiB(load.pids) - memoryBefore) / load.clients;
  for (const name of ["seconds", "deliveries", "cpu", "own"] as const) total[name] += these[name];
  return perSecond(these);
}

function perSecond({ seconds, deliveries, cpu }: typeof total): Slice {
  return {
    deliveriesPerSecond: Math.round(deliveries / seconds),
    cpuPerDelivery: cpu * 1e6 / deliveries,
  };
}

/** Waits for what is still on its way; what has not come in time is lost. */
function arrive(): void {
  const isThere = () => delivered + lost >= sent * receivers || failure !== undefined;
  if (!waitUntil(isThere, 3000)) lost = sent * receivers - delivered;
}

function speakerOf(index: number): Speaker {
  return { user: index + 1, room: roomOf(index) };
}

function roomOf(index: number): string {
  return `room-${Math.floor(index / load.roomSize)}`;
}

function open(speaker: Speaker): LoadSocket {
  opening++;
  const token = load.key && `Authorization: Bearer ${tokenFor(speaker.user, load.key)}`;
  const { subprotocol, waits } = dialect;
  const socket = new LoadSocket({
    port: load.ports[speaker.user % load.ports.length]!,
    path: dialect.path,
    headers: [
      ...(token ? [token] : []),
      ...(subprotocol ? [`Sec-WebSocket-Protocol: ${subprotocol}`] : []),
    ],
    failed: (why) => failure ??= why,
  });
  const hello = [...dialect.hello(speaker)];
  const sayNext = () => {
    const text = hello.shift();
    if (text !== undefined) socket.send(text);
  };
  socket.onOpen = () => {
    opening--;
    if (!waits) hello.splice(0).forEach((text) => socket.send(text));
  };
  socket.onText = sayNext;
  return socket;
}

/** The speaker hears itself, and so knows what is in the history. */
function prefill(count: number): void {
  const speaker = open(LONE_SPEAKER);
  waitUntil(() => speaker.isUpgraded, 10_000);
  let heard = 0;
  speaker.onText = () => heard++;
  for (let said = 1; said <= count; said++) {
    speaker.send(dialect.publish({ ...LONE_SPEAKER, room: roomOf(0) }, `No ${said}`));
    waitUntil(() => said - heard < PREFILL_WINDOW, 10_000);
  }
  if (!waitUntil(() => heard >= count, 10_000)) {
    throw new Error(`Cannot fill the history: ${heard} of ${count} came`);
  }
  speaker.close();
}

/** Keeps messages in flight: one is done when as many copies have arrived as a room has clients. */
function run(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt && failure === undefined) {
    let inFlight = sent - Math.floor((delivered + lost) / receivers);
    for (; inFlight < load.window; inFlight++) publish();
    wait(1);
  }
}

function publish(): void {
  const index = sent++ % publishers.length;
  const speaker = load.everyoneTalks ? speakerOf(index) : { ...LONE_SPEAKER, room: roomOf(0) };
  publishers[index]!.send(dialect.publish(speaker, `T=${performance.now().toFixed(3)}=T`));
}

/** Has what comes read, but for the protocol's pings, which are answered. */
function hear(client: LoadSocket, read: FrameReader): void {
  client.onText = dialect.ping === undefined ? read : (buffer, start, end) => {
    if (isPing(buffer, start, end)) client.send(dialect.pong ?? "");
    else read(buffer, start, end);
  };
}

/** One message, or with some dialects one a line. */
function count(buffer: Uint8Array, start: number, end: number): void {
  delivered++;
  if (!dialect.hasLines) return;
  const next = buffer[end]!;
  buffer[end] = NEW_LINE; // the search ends here
  for (let at = start; (at = buffer.indexOf(NEW_LINE, at)) !== end; at++) delivered++;
  buffer[end] = next;
}

function isPing(buffer: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 1) return false;
  return String.fromCharCode(buffer[start]!) === dialect.ping;
}

function time(buffer: Uint8Array, start: number, end: number): void {
  count(buffer, start, end);
  if (!measuring) return;
  for (const [, at] of decoder.decode(buffer.subarray(start, end)).matchAll(/T=([\d.]+)=T/g)) {
    latencies.push(performance.now() - Number(at));
  }
}
