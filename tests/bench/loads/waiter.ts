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
const socket = new WebSocket(`ws://127.0.0.1:${load.port}/ws`, protocols);
await event(socket, "open");

const [waits, httpWaits] = await Promise.all([
  ask(PAUSE_MS, () => {
    socket.send('{"type":"ping","ref":1}');
    return event(socket, "message");
  }),
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

function event(target: EventTarget, name: string): Promise<void> {
  return new Promise((resolve) => target.addEventListener(name, () => resolve(), { once: true }));
}
