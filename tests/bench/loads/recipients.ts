/**
 * Load of users who are there, each with a connection of version 2, and wait for notifications. A process of its own. Takes
 * {@linkcode RecipientsLoad} as JSON. It prints a line once all are there, has what the others leave of the processors from then on,
 * and prints for each byte that it reads a {@linkcode RecipientsSlice} once all of them have got one notification more.
 */
import { constants, setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { tokenFor } from "./dialects.ts";
import { wait, waitUntil } from "./sockets.ts";
import { LoadSocket } from "./web_socket.ts";

export interface RecipientsLoad {
  readonly port: number;
  readonly key: string;
  /** Users in all; */
  readonly users: number;
  /** the id of the first one, which the others follow. */
  readonly from: number;
  /** Each is in one of so many rooms. @default 0: in none */
  readonly rooms?: number;
  /** Each follows one of so many topics. @default 0: none */
  readonly topics?: number;
}

export interface RecipientsSlice {
  /** How many have got it; fewer than all where it did not come in time. */
  readonly delivered: number;
}

/** Connections that are being opened at once: fewer than any server's backlog. */
const OPENING = 100;
const LATE_MS = 60_000;
/** How often what has come is read while nothing is expected. */
const IDLE_MS = 20;

const decoder = new TextDecoder();
const load: RecipientsLoad = JSON.parse(Deno.args[0] ?? "");
const { rooms = 0, topics = 0 } = load;
let [opening, delivered] = [0, 0];
/** Commands that are not answered yet. */
let coming = load.users * helloOf(load.from).length;
let failure: string | undefined;

const sockets: LoadSocket[] = [];
for (let index = 0; index < load.users; index++) {
  waitUntil(() => opening < OPENING, LATE_MS);
  sockets.push(open(load.from + index));
}
waitUntil(() => coming === 0 || failure !== undefined, LATE_MS);
if (coming > 0) failure ??= `${coming} commands were not answered`;
if (failure !== undefined) throw refused();
setPriority(constants.priority.PRIORITY_LOW);
console.log();
for (let count = 1; await isAsked(); count++) {
  const all = count * load.users;
  waitUntil(() => delivered >= all || failure !== undefined, LATE_MS);
  const missing = Math.max(0, all - delivered);
  delivered = all; // what comes late counts for none
  const seen: RecipientsSlice = { delivered: load.users - missing };
  console.log(JSON.stringify(seen));
}
if (failure !== undefined) throw refused();
console.log("{}");
Deno.exit(0); // thousands of sockets close by themselves

function refused(): Error {
  return new Error(`The server refused or closed a client: ${failure}`);
}

/** Whether there is one more slice. Until that is known, pings are answered. */
async function isAsked(): Promise<boolean> {
  let length: number | null | undefined;
  void Deno.stdin.read(new Uint8Array(1)).then((read) => length = read);
  while (length === undefined && failure === undefined) {
    wait(0);
    await delay(IDLE_MS);
  }
  return failure === undefined && length !== null;
}

function helloOf(user: number): readonly object[] {
  return [
    { type: "connect", ref: 1 },
    ...(rooms > 0 ? [{ type: "subscribe", ref: 2, room: `room-${user % rooms}` }] : []),
    ...(topics > 0 ? [{ type: "subscribe", ref: 3, topic: `topic-${user % topics}` }] : []),
  ];
}

function open(user: number): LoadSocket {
  opening++;
  const socket = new LoadSocket({
    port: load.port,
    path: "/ws",
    headers: [
      `Authorization: Bearer ${tokenFor(user, load.key, { topics: ["topic-*"] })}`,
      "Sec-WebSocket-Protocol: notifyli.v2",
    ],
    failed: (why) => failure ??= why,
  });
  const hello = helloOf(user).map((command) => JSON.stringify(command)).join("\n");
  socket.onOpen = () => socket.send(hello);
  socket.onText = (buffer, start, end) => {
    for (const line of decoder.decode(buffer.subarray(start, end)).split("\n")) {
      if (line.includes('"type":"direct_message"')) delivered++;
      else if (line.includes('"type":"reply"')) {
        coming--;
        if (line.includes('"success":false')) failure ??= line;
        if (line.includes('"ref":1,')) opening--;
      }
    }
  };
  return socket;
}
