/**
 * A client and a caller of the API that ask again and again, and how long they wait at most. A process of its own. Takes
 * {@linkcode WaiterLoad} as JSON, prints {@linkcode WaiterFigures}.
 */
import { tokenFor } from "./dialects.ts";

export interface WaiterLoad {
  readonly port: number;
  readonly key: string;
  readonly seconds: number;
}

/** In milliseconds. */
export interface WaiterFigures {
  /** For the answer to a `ping` on a WebSocket; */
  readonly medianMs: number;
  readonly longestMs: number;
  /** and for an answer by HTTP. */
  readonly longestHttpMs: number;
}

/** Between an answer and the next question. */
const PAUSE_MS = 5;
const HTTP_PAUSE_MS = 20;

const load: WaiterLoad = JSON.parse(Deno.args[0] ?? "");
const until = performance.now() + load.seconds * 1000;
const protocols = ["notifyli.v2", `notifyli.token.${tokenFor(1, load.key)}`];
let socket = await open();

const [waits, httpWaits] = await Promise.all([
  ask(PAUSE_MS, pinged),
  ask(HTTP_PAUSE_MS, async () => {
    await (await fetch(`http://127.0.0.1:${load.port}/healthz`)).text();
  }),
]);
const figures: WaiterFigures = {
  medianMs: waits[Math.floor(waits.length / 2)] ?? Infinity,
  longestMs: waits.at(-1) ?? Infinity,
  longestHttpMs: httpWaits.at(-1) ?? Infinity,
};
console.log(JSON.stringify(figures));
Deno.exit(0);

async function open(): Promise<WebSocket> {
  for (;;) {
    const opened = new WebSocket(`ws://127.0.0.1:${load.port}/ws`, protocols);
    if (await Promise.race([event(opened, "open"), event(opened, "close")]) === "open") {
      return opened;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Resolves with the answer; who is told to come back asks again. */
async function pinged(): Promise<void> {
  for (;;) {
    socket.send('{"type":"ping","ref":1}');
    const told = await Promise.race([event(socket, "message"), event(socket, "close")]);
    if (told === "message") return;
    socket = await open();
  }
}

/** All waits, the shortest first. */
async function ask(pauseMs: number, question: () => Promise<void>): Promise<number[]> {
  const waits: number[] = [];
  while (performance.now() < until) {
    const askedAt = performance.now();
    await question();
    waits.push(performance.now() - askedAt);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return waits.sort((a, b) => a - b);
}

/** Resolves with the event's name, once it comes. */
function event<N extends string>(target: EventTarget, name: N): Promise<N> {
  return new Promise((resolve) => {
    target.addEventListener(name, () => resolve(name), { once: true });
  });
}
