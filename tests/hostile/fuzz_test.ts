/** 100,000 random and mutated inputs, by every way there is: no crash, no leak, no failure of the server's own. */
import assert from "node:assert/strict";
import { residentMiB } from "../support/memory.ts";
import { Program, useOwnProcesses } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { queries, spoiled } from "./inputs.ts";
import { BODIES, FRAMES_V1, FRAMES_V2 } from "./nasty.ts";

useOwnProcesses(); // their memory is looked at

/** Of each way, on each of the two listeners. */
const V1 = 20_000;
const V2 = 28_000;
const POSTS = 1_500;
const QUERIES = 300;
const UPGRADES = 200;
/** A client's life; it can be one user only, and in so many rooms. */
const FRAMES_A_CLIENT = 250;
/** Below the number of frames that may wait for their turn, and, in characters, below the size of one message. */
const FRAMES_AT_ONCE = 50;
const CHARACTERS_AT_ONCE = 16_000;
/** Of each protocol: while one waits for an answer, the server works for the others. */
const CLIENTS_AT_ONCE = 4;
const REQUESTS_AT_ONCE = 8;

/** MiB that the second half of the inputs may take above the most that the first did. */
const LEAK_MIB = 48;

const QUERY_NAMES = ["user_id", "room", "name", "from", "deliver_at", "last_event_id", "__proto__"];

const seed = Math.floor(Math.random() * 2 ** 31);
/** Made once for both listeners. */
let inputs: Readonly<Record<"v1" | "v2" | "bodies", readonly string[]>> | undefined;

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: 50,000 random and mutated inputs do no harm`, async () => {
    const failure = await fuzz(listener).then(() => undefined, (error) => error);
    if (failure !== undefined) throw new Error(`with seed ${seed}`, { cause: failure });
  });
}

function inputsOfSeed(): NonNullable<typeof inputs> {
  return inputs ??= {
    v1: spoiled(FRAMES_V1, seed, V1),
    v2: spoiled(FRAMES_V2, seed + 1, V2),
    bodies: spoiled(BODIES, seed + 2, POSTS),
  };
}

async function fuzz(listener: string): Promise<void> {
  const { v1, v2, bodies } = inputsOfSeed();
  await using program = await Program.start({
    env: {
      APP_LISTENER: listener,
      APP_STORE_SYNC: "everysec",
      APP_HISTORY: "*=5/1",
      APP_LIMIT_INBOX: "50",
      // All inputs are to be looked at, however fast they come.
      APP_RATE_MESSAGES: "off",
      APP_RATE_MESSAGES_USER: "off",
      // A small heap is collected often: what is kept shows sooner.
      DENO_V8_FLAGS: "--max-semi-space-size=1",
    },
  });
  await using healthy = await TestClient.connect(program.webSocketUrl);
  const peaks: number[] = [];
  for (const half of [0, 1]) {
    let peak = 0;
    const look = () => void (peak = Math.max(peak, residentMiB(program.pid)));
    await Promise.all([
      sayAll(program, halfOf(v1, half), { protocol: undefined, look }),
      sayAll(program, halfOf(v2, half), { protocol: "notifyli.v2", look }),
      postAll(program, halfOf(bodies, half)),
    ]);
    peaks.push(peak);
  }
  await queryAll(program, queries(QUERY_NAMES, seed + 3, QUERIES));
  await upgradeAll(program, queries(QUERY_NAMES, seed + 4, UPGRADES));

  const [first = 0, second = 0] = peaks;
  assert.ok(second < first + LEAK_MIB, `memory grows: ${first} MiB, then ${second} MiB`);
  await healthy.settled();
  await waitFor("every other client is gone", async () => {
    const { clients } = await (await fetch(`${program.url}/api/stats`)).json();
    if (clients !== 1) throw new Error(`${clients} clients`);
    return true;
  });
  assert.deepEqual(program.errors, []);
  assert.deepEqual(program.log.filter(({ level }) => level === "error"), []);
}

function halfOf(all: readonly string[], half: number): readonly string[] {
  const middle = Math.ceil(all.length / 2);
  return half === 0 ? all.slice(0, middle) : all.slice(middle);
}

/** Says all of it on sockets of one protocol. */
async function sayAll(
  program: Program,
  texts: readonly string[],
  { protocol, look }: { protocol: string | undefined; look: () => void },
): Promise<void> {
  const clients: string[][] = [];
  for (let start = 0; start < texts.length; start += FRAMES_A_CLIENT) {
    clients.push(texts.slice(start, start + FRAMES_A_CLIENT));
  }
  await inTurns(clients, CLIENTS_AT_ONCE, async (some) => {
    await sayOn(program.webSocketUrl, protocol, some);
    look();
  });
}

async function sayOn(
  url: string,
  protocol: string | undefined,
  texts: readonly string[],
): Promise<void> {
  const socket = new WebSocket(url, protocol ?? []);
  const closed = Promise.withResolvers<string>();
  let answered = Promise.withResolvers<void>();
  const probe = protocol === undefined ? '"pong"' : '"ref":"the probe"';
  const failures: string[] = [];
  socket.onclose = ({ code, reason }) => closed.resolve(`closed with ${code} ${reason}`);
  socket.onmessage = ({ data }) => {
    if (data.includes('"code":"internal"')) failures.push(data);
    if (data.includes(probe)) answered.resolve();
  };
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  const refused = await Promise.race([opened.promise, closed.promise]);
  assert.equal(refused, undefined, `${protocol}: it does not open`);
  for (const some of portionsOf(texts)) {
    answered = Promise.withResolvers();
    if (protocol === undefined) { for (const text of some) socket.send(text); }
    else socket.send(some.join("\n")); // version 2 takes them all in one
    socket.send('{"type":"ping","ref":"the probe"}');
    const end = await Promise.race([answered.promise, closed.promise]);
    assert.equal(end, undefined, `${protocol}: ${end} after ${JSON.stringify(some)}`);
  }
  socket.close();
  await closed.promise;
  assert.deepEqual(failures, []);
}

/** What is said at once, the whole in its order. */
function* portionsOf(texts: readonly string[]): Generator<readonly string[]> {
  let some: string[] = [];
  let length = 0;
  for (const text of texts) {
    if (some.length === FRAMES_AT_ONCE || length + text.length > CHARACTERS_AT_ONCE) {
      if (some.length > 0) yield some;
      [some, length] = [[], 0];
    }
    some.push(text);
    length += text.length;
  }
  if (some.length > 0) yield some;
}

async function postAll(program: Program, bodies: readonly string[]): Promise<void> {
  const json = { "Content-Type": "application/json" };
  await inTurns(bodies, REQUESTS_AT_ONCE, async (body, index) => {
    const path = index % 4 === 0 ? "/api/users/1/notifications" : "/api/notifications";
    await assertAnswered(`${program.url}${path}`, { method: "POST", headers: json, body });
  });
}

async function queryAll(program: Program, all: readonly string[]): Promise<void> {
  await inTurns(all, REQUESTS_AT_ONCE, async (query, index) => {
    const path = index % 2 === 0 ? "/api/users/1/notifications" : `/api/notifications/${query}`;
    const method = index % 2 === 0 ? "POST" : "GET";
    await assertAnswered(`${program.url}${path}?${query}`, {
      method,
      ...(method === "POST" ? { body: "Hello!" } : {}),
    });
  });
}

/** Any answer will do that is not the server's own failure. */
async function assertAnswered(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, init);
  const text = await response.text();
  assert.ok(response.status < 500, `${response.status} ${text} for ${url} ${init.body ?? ""}`);
}

async function upgradeAll(program: Program, all: readonly string[]): Promise<void> {
  await inTurns(all, REQUESTS_AT_ONCE, async (query) => {
    const client = await TestClient.connect(`${program.webSocketUrl}?${query}`);
    await client.settled();
    assert.deepEqual(client.frames.filter(({ code }) => code === "internal"), []);
    await client.close();
  });
}

/** Runs it for each, so many at once. */
async function inTurns<Item>(
  all: readonly Item[],
  atOnce: number,
  run: (each: Item, index: number) => Promise<void>,
): Promise<void> {
  const left = all.entries();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const [index, each] of left) await run(each, index);
  }));
}
