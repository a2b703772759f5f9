/**
 * Load for one user: PUBLISHes notifications on Redis, or messages into the user's room, pipelined, and counts what the user's
 * client receives, among other users who are online too. A process of its own. Takes {@linkcode OnlineUserLoad} as JSON, prints
 * {@linkcode OnlineUserFigures}.
 */
import { dialects, tokenFor } from "./dialects.ts";
import { cpuSeconds, percentile } from "./figures.ts";
import { TcpSocket, wait, waitUntil } from "./sockets.ts";
import { LoadSocket } from "./web_socket.ts";

export interface OnlineUserLoad {
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  readonly key: string;
  readonly redisPort: number;
  /** On which of the two channels it is published. */
  readonly channel: "messages" | "publications";
  readonly users: number;
  /** Notifications in flight, where there is no `perSecond`. */
  readonly window: number;
  readonly perSecond?: number;
  readonly seconds: number;
}

export interface OnlineUserFigures {
  readonly sent: number;
  readonly deliveredPerSecond: number;
  /** By the last one's place in the inbox, against what was sent; 0 for messages, which are in no inbox. */
  readonly notStored: number;
  readonly lost: number;
  readonly cpuEach: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly generatorCpu: number;
}

/** Connections that are being opened at once: fewer than any server's backlog. */
const OPENING = 100;
const SETTLE_MS = 500;
const WARM_UP_MS = 1000;
/** Who gets them. */
const USER = 1;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const load: OnlineUserLoad = JSON.parse(Deno.args[0] ?? "");
const channel = `notifyli:${load.channel}`;
/** Both payloads have the same fields, but for this one. */
const sender = load.channel === "messages" ? { from: "Shop" } : { name: "Shop" };
let [sent, delivered, lastOffset] = [0, 0, 0];
let measuring = false;
let failure: string | undefined;
const latencies: number[] = [];

let opening = 0;
const clients = Array.from({ length: load.users }, (_, index) => {
  waitUntil(() => opening < OPENING, 10_000);
  opening++;
  return open(index + 1);
});
waitUntil(() => clients.every(({ isUpgraded }) => isUpgraded), 10_000);
const redis = new TcpSocket(load.redisPort, (_buffer, end) => end);
waitUntil(() => false, SETTLE_MS);

run(WARM_UP_MS);
measuring = true;
const before = {
  at: performance.now(),
  delivered,
  cpu: cpuSeconds(load.pids),
  own: cpuSeconds([Deno.pid]),
};
run(load.seconds * 1000);
const seconds = (performance.now() - before.at) / 1000;
const count = delivered - before.delivered;
const [cpu, own] = [cpuSeconds(load.pids) - before.cpu, cpuSeconds([Deno.pid]) - before.own];
waitUntil(() => delivered >= sent, 3000);
if (failure !== undefined) throw new Error(`The server refused or closed a client: ${failure}`);

const figures: OnlineUserFigures = {
  sent,
  deliveredPerSecond: Math.round(count / seconds),
  notStored: load.channel === "messages" ? sent - lastOffset : 0,
  lost: sent - delivered,
  cpuEach: cpu * 1e6 / count,
  p50Ms: percentile(latencies, 0.5),
  p99Ms: percentile(latencies, 0.99),
  generatorCpu: own / seconds,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

function open(user: number): LoadSocket {
  const socket = new LoadSocket({
    port: load.ports[user % load.ports.length]!,
    path: dialects.v1.path,
    headers: [`Authorization: Bearer ${tokenFor(user, load.key)}`],
    failed: (why) => failure ??= why,
  });
  socket.onOpen = () => {
    opening--;
    for (const text of dialects.v1.hello({ user, room: `/user/${user}` })) socket.send(text);
  };
  if (user === USER) socket.onText = take;
  return socket;
}

function run(ms: number): void {
  const startedAt = performance.now();
  const sentBefore = sent;
  for (let passed = 0; passed < ms && failure === undefined;) {
    const due = load.perSecond === undefined
      ? delivered + load.window - sent
      : Math.floor(passed / 1000 * load.perSecond) - (sent - sentBefore);
    if (due > 0) publish(due);
    wait(1); // to wait for none would take one of the cores from Redis and the server
    passed = performance.now() - startedAt;
  }
}

/** All that is due goes out in one write. */
function publish(count: number): void {
  let commands = "";
  for (let index = 0; index < count; index++) {
    const message = `T=${performance.now().toFixed(3)}=T hello`;
    const text = JSON.stringify({ user_id: USER, room: `/user/${USER}`, message, ...sender });
    commands += `*3\r\n$7\r\nPUBLISH\r\n$${channel.length}\r\n${channel}\r\n` +
      `$${text.length}\r\n${text}\r\n`;
  }
  sent += count;
  redis.send(encoder.encode(commands));
}

function take(buffer: Uint8Array, start: number, end: number): void {
  const text = decoder.decode(buffer.subarray(start, end));
  const [, offset, at] = /^{(?:"offset":(\d+),)?.*T=([\d.]+)=T/.exec(text) ?? [];
  if (at === undefined) return;
  delivered++;
  lastOffset = Number(offset ?? 0);
  if (measuring) latencies.push(performance.now() - Number(at));
}
