/**
 * Everyone comes back at once: clients of version 2 in rooms, whose connections are cut, who miss some messages and
 * recover them. A process of its own. Takes {@linkcode ReconnectLoad} as JSON, prints {@linkcode ReconnectFigures}.
 */
import { tokenFor } from "./dialects.ts";
import { cpuSeconds } from "./figures.ts";
import { waitUntil } from "./sockets.ts";
import { LoadSocket } from "./web_socket.ts";

export interface ReconnectLoad {
  readonly port: number;
  readonly pids: readonly number[];
  readonly key: string;
  readonly clients: number;
  readonly roomSize: number;
  /** Sent to each room while everyone is away. */
  readonly missed: number;
  /** Messages that are in each room's history before the clients come. */
  readonly prefill?: number;
}

export interface ReconnectFigures {
  /** From the first connect until the last client has all it missed. */
  readonly seconds: number;
  /** Clients that were refused, closed, or did not get exactly what they missed. */
  readonly failed: number;
  readonly cpuEach: number;
  /** The longest of the waits from a client's own connect. */
  readonly slowestMs: number;
}

interface Position {
  readonly offset: number;
  readonly epoch: string;
}

/** Connections that are being opened at once: fewer than any server's backlog. */
const OPENING = 100;
/** Fewer than the frames of one client that the server lets wait. */
const SAYING = 500;
const DEADLINE_MS = 60_000;
const SPEAKER = 1_000_000;

const decoder = new TextDecoder();
const load: ReconnectLoad = JSON.parse(Deno.args[0] ?? "");
const rooms = Math.ceil(load.clients / load.roomSize);
const positions: Position[] = [];
/** Of each client, the last time. */
const connectedAt: number[] = [];
let slowestMs = 0;
let failed = 0;

if (load.prefill !== undefined) sayInEach(load.prefill, "that was there before");
const first = comeAll((index, data) => positions[index] = data);
first.forEach((socket) => socket.close());
sayInEach(load.missed, "that was missed");

const cpuBefore = cpuSeconds(load.pids);
const startedAt = performance.now();
comeAll((index, data) => {
  slowestMs = Math.max(slowestMs, performance.now() - connectedAt[index]!);
  if (!data.recovered || data.publications.length !== load.missed) failed++;
});
const figures: ReconnectFigures = {
  seconds: (performance.now() - startedAt) / 1000,
  failed,
  cpuEach: (cpuSeconds(load.pids) - cpuBefore) * 1e6 / load.clients,
  slowestMs,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

interface Subscribed extends Position {
  readonly recovered: boolean;
  readonly publications: readonly unknown[];
}

/** Has every client connect and subscribe, as fast as the server takes them, and waits for the last answer. */
function comeAll(subscribed: (index: number, data: Subscribed) => void): LoadSocket[] {
  let [opening, waiting] = [0, load.clients];
  const sockets = Array.from({ length: load.clients }, (_, index) => {
    opening++;
    connectedAt[index] = performance.now();
    const room = `room-${index % rooms}`;
    const socket = open(
      index + 1,
      `${JSON.stringify({ type: "connect", ref: 1 })}\n${
        JSON.stringify({ type: "subscribe", ref: 2, room, since: positions[index] })
      }`,
    );
    const say = socket.onOpen;
    socket.onOpen = () => {
      opening--;
      say();
    };
    socket.onText = (buffer, start, end) => {
      for (const line of decoder.decode(buffer.subarray(start, end)).split("\n")) {
        const reply = JSON.parse(line);
        if (reply.ref !== 2) continue;
        waiting--;
        subscribed(index, reply.data);
      }
    };
    waitUntil(() => opening < OPENING, DEADLINE_MS);
    return socket;
  });
  waitUntil(() => waiting <= 0, DEADLINE_MS);
  failed += waiting;
  return sockets;
}

/** Says something so often in each room. */
function sayInEach(count: number, what: string): void {
  let answers = 0;
  const speaker = open(SPEAKER, JSON.stringify({ type: "connect", ref: 0 }));
  speaker.onText = (buffer, start, end) => {
    const replies = decoder.decode(buffer.subarray(start, end)).split("\n");
    answers += replies.length;
  };
  waitUntil(() => answers === 1, DEADLINE_MS);
  for (let said = 0; said < rooms * count; said++) {
    const room = `room-${Math.floor(said / count)}`;
    const message = `Message ${said % count} ${what}`;
    speaker.send(JSON.stringify({ type: "publish", ref: said, room, message }));
    waitUntil(() => said - answers < SAYING, DEADLINE_MS);
  }
  waitUntil(() => answers >= 1 + rooms * count, DEADLINE_MS);
  speaker.close();
}

function open(user: number, hello: string): LoadSocket {
  const socket = new LoadSocket({
    port: load.port,
    path: "/ws",
    headers: [
      `Authorization: Bearer ${tokenFor(user, load.key)}`,
      "Sec-WebSocket-Protocol: notifyli.v2",
    ],
    failed: () => failed++,
  });
  socket.onOpen = () => socket.send(hello);
  return socket;
}
