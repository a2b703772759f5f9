/** What a node hears of the others: it goes on being heard while earlier messages are worked on, in order and in bounds. */
import assert from "node:assert/strict";
import { HeardMessages } from "../../lib/engines/redis/heard_messages.ts";
import { waitFor } from "../support/wait.ts";

const WORK_MS = 2;
const COUNT = 100;
let workMs = WORK_MS;

/** As a fan-out to many connections. */
function takeTime(): void {
  const until = performance.now() + workMs;
  while (performance.now() < until);
}

function heardBy(done: string[], overflow = () => {}, maxLength?: number): HeardMessages {
  return new HeardMessages({
    work(name, text) {
      takeTime();
      done.push(`${name} ${text}`);
    },
    overflow,
    maxLength,
  });
}

/** Resolves when the last rest is over, since a message alone is worked on at once then. */
async function rested(heard: HeardMessages, done: readonly string[]): Promise<void> {
  workMs = 0;
  await waitFor("it rests no more", () => {
    const before = done.length;
    heard.hear("room", "alone");
    return done.length > before;
  });
  workMs = WORK_MS;
}

Deno.test("a burst is heard before it is worked on, and worked on in order, others have their turns", async () => {
  const done: string[] = [];
  const heard = heardBy(done);
  const sent = Array.from({ length: COUNT }, (_, number) => `room ${number}`);
  const startedAt = performance.now();
  for (const each of sent) heard.hear("room", each.slice("room ".length));
  const doneAtOnce = done.length;
  assert.ok(performance.now() - startedAt < COUNT * WORK_MS, "it is not worked on as it is heard");
  const doneAtTurns = new Set<number>();
  const turns = setInterval(() => doneAtTurns.add(done.length), 1);
  heard.hear("other", "behind");
  await heard.caughtUp();
  clearInterval(turns);
  assert.deepEqual(done, [...sent, "other behind"]);
  assert.ok(doneAtOnce < COUNT / 2);
  assert.ok(doneAtTurns.size > 3, "timers run between");
  await rested(heard, done);
});

Deno.test("a message alone is worked on at once", async () => {
  const done: string[] = [];
  const heard = heardBy(done);
  heard.hear("room", "hi");
  assert.deepEqual(done, ["room hi"]);
  await heard.caughtUp();
  await rested(heard, done);
});

Deno.test("past the bound what waits is given up, and that is told", async () => {
  const done: string[] = [];
  let overflows = 0;
  const heard = heardBy(done, () => overflows++, 10_000);
  for (let number = 0; number < 10 || overflows === 0; number++) {
    heard.hear("room", "x".repeat(1000));
  }
  assert.equal(overflows, 1);
  await heard.caughtUp();
  const before = done.length;
  heard.hear("room", "later");
  await waitFor("it goes on", () => done.length === before + 1);
  assert.equal(done.at(-1), "room later");
  await rested(heard, done);
});

Deno.test("a message that fails holds up none behind it", async () => {
  const done: string[] = [];
  const failures: string[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    failures.push(event.message);
  };
  globalThis.addEventListener("error", onError);
  const heard = new HeardMessages({
    work(_name, text) {
      takeTime();
      if (text === "5") throw new Error("broken");
      done.push(text);
    },
    overflow() {},
  });
  for (let number = 0; number < 10; number++) heard.hear("room", String(number));
  await heard.caughtUp();
  globalThis.removeEventListener("error", onError);
  assert.deepEqual(done, ["0", "1", "2", "3", "4", "6", "7", "8", "9"]);
  assert.equal(failures.length, 1);
  await rested(heard, done);
});
