/**
 * Load of people who talk while something else goes on: one says something in a room at a steady pace, and all in it hear that. For
 * each byte that it reads, it prints how long the messages of the next slice took to each of them. A process of its own. Takes
 * {@linkcode TalkLoad} as JSON.
 */
import { dialects, tokenFor } from "./dialects.ts";
import { wait, waitUntil } from "./sockets.ts";
import { LoadSocket } from "./web_socket.ts";

export interface TalkLoad {
  readonly port: number;
  readonly key: string;
  readonly clients: number;
  /** The id of the first user, which the others follow. @default 1 */
  readonly from?: number;
  readonly messagesPerSecond: number;
  /** Of a slice. */
  readonly seconds: number;
}

/** In milliseconds, from when a message was due, one for each receiver. */
export type TalkSlice = readonly number[];

const SETTLE_MS = 500;
const LATE_MS = 5000;
const ROOM = "talk";
const { path, subprotocol, hello, publish } = dialects.v2;
const load: TalkLoad = JSON.parse(Deno.args[0] ?? "");
const decoder = new TextDecoder();
let failure: string | undefined;
let latencies: number[] = [];
let [sent, heard] = [0, 0];

const clients = Array.from({ length: load.clients }, (_, index) => open((load.from ?? 1) + index));
waitUntil(() => clients.every(({ isUpgraded }) => isUpgraded) || failure !== undefined, LATE_MS);
waitUntil(() => failure !== undefined, SETTLE_MS);
console.log();
const byte = new Uint8Array(1);
while (failure === undefined && Deno.stdin.readSync(byte) !== null) {
  console.log(JSON.stringify(slice()));
}
if (failure !== undefined) throw new Error(`The talk failed: ${failure}`);
console.log("{}");
Deno.exit(0);

function slice(): TalkSlice {
  latencies = [];
  const startedAt = performance.now();
  const pauseMs = 1000 / load.messagesPerSecond;
  const count = Math.round(load.seconds * load.messagesPerSecond);
  for (let each = 0; each < count && failure === undefined; each++) {
    const dueAt = startedAt + each * pauseMs;
    while (performance.now() < dueAt) wait(Math.floor(Math.max(0, dueAt - performance.now())));
    const text = publish({ user: 1, room: ROOM }, `T=${dueAt.toFixed(3)}=T`);
    clients[sent++ % clients.length]!.send(text);
  }
  if (!waitUntil(() => heard >= sent * clients.length || failure !== undefined, LATE_MS)) {
    failure ??= `of ${sent * clients.length} messages that were said, ${heard} came`;
  }
  return latencies.map((each) => Math.round(each * 1000) / 1000);
}

function open(user: number): LoadSocket {
  const socket = new LoadSocket({
    port: load.port,
    path,
    headers: [
      `Authorization: Bearer ${tokenFor(user, load.key)}`,
      `Sec-WebSocket-Protocol: ${subprotocol}`,
    ],
    failed: (why) => failure ??= why,
  });
  socket.onOpen = () => hello({ user, room: ROOM }).forEach((text) => socket.send(text));
  socket.onText = (buffer, start, end) => {
    const text = decoder.decode(buffer.subarray(start, end));
    if (text.includes('"type":"error"')) failure ??= text;
    for (const [, dueAt] of text.matchAll(/T=([\d.]+)=T/g)) {
      latencies.push(performance.now() - Number(dueAt));
      heard++;
    }
  };
  return socket;
}
