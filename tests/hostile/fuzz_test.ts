/** 100,000 random and mutated inputs, by every way there is: no crash, no leak, no failure of the server's own. */
import assert from "node:assert/strict";
import { residentMiB } from "../support/memory.ts";
import { Program } from "../support/program.ts";
import { TestClient } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";
import { queries, spoiled } from "./inputs.ts";
import { BODIES, FRAMES_V1, FRAMES_V2 } from "./nasty.ts";

/** Of each way, on each of the two listeners. */
const V1 = 20_000;
const V2 = 28_000;
const POSTS = 1_500;
const QUERIES = 300;
const UPGRADES = 200;
/** A client's life; it can be one user only, and in so many rooms. */
const FRAMES_A_CLIENT = 250;
/** Below the number of frames that may wait for their turn. */
const FRAMES_AT_ONCE = 50;
/** Of each protocol: while one waits for an answer, the server works for the others. */
const CLIENTS_AT_ONCE = 4;
const REQUESTS_AT_ONCE = 8;

/** MiB that the second half of the inputs may take above the most that the first did. */
const LEAK_MIB = 48;

const QUERY_NAMES = ["user_id", "room", "name", "from", "deliver_at", "last_event_id", "__proto__"];

for (const listener of ["deno", "node"]) {
  Deno.test(`${listener} listener: 50,000 random and mutated inputs do no harm`, async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const failure = await fuzz(listener, seed).then(() => undefined, (error) => error);
    if (failure !== undefined) throw new Error(`with seed ${seed}`, { cause: failure });
  });
}

async function fuzz(listener: string, seed: number): Promise<void> {
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
  const v1 = spoiled(FRAMES_V1, seed, V1);
  const v2 = spoiled(FRAMES_V2, seed + 1, V2);
  const bodies = spoiled(BODIES, seed + 2, POSTS);
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
    return clients === 1;
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
  const closed = Promise.withResolvers<number>();
  let answered = Promise.withResolvers<void>();
  const probe = protocol === undefined ? '"pong"' : '"ref":"the probe"';
  const failures: string[] = [];
  socket.onclose = ({ code }) => closed.resolve(code);
  socket.onmessage = ({ data }) => {
    if (data.includes('"code":"internal"')) failures.push(data);
    if (data.includes(probe)) answered.resolve();
  };
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  await Promise.race([opened.promise, closed.promise]);
  for (let start = 0; start < texts.length; start += FRAMES_AT_ONCE) {
    answered = Promise.withResolvers();
    const some = texts.slice(start, start + FRAMES_AT_ONCE);
    if (protocol === undefined) { for (const text of some) socket.send(text); }
    else socket.send(some.join("\n")); // version 2 takes them all in one
    socket.send('{"type":"ping","ref":"the probe"}');
    const code = await Promise.race([answered.promise, closed.promise]);
    assert.equal(code, undefined, `closed with ${code}`);
  }
  socket.close();
  await closed.promise;
  assert.deepEqual(failures, []);
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
