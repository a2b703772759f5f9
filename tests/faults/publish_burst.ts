/**
 * A burst of PUBLISH on two nodes, as fast as Redis takes it: each payload is stored once, the counters say so, both nodes
 * answer meanwhile, and take a bounded memory.
 */
import assert from "node:assert/strict";
import { peakMiB } from "../support/memory.ts";
import { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Answers } from "./answers.ts";
import { Ledger } from "./ledger.ts";
import { OnlineUser, readInbox } from "./online_user.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";

const COUNT = 200_000;
/** Payloads of one write. */
const PIECE = 1000;
const USERS = 1000;
/** The user who is online, and counts what comes. */
const ONLINE = "u0";

/** The longest that a node may take to answer. */
const ANSWERED_WITHIN_MS = 1000;
/** Most memory of a node at any time: it keeps the burst until all is stored. */
const MOST_MEMORY_MIB = 600;

/** How long storing all may take, on a machine with much else to do. */
const STORED_WITHIN_MS = 600_000;

export const PUBLISH_BURST: Scenario = {
  name: "burst of PUBLISH on two nodes",
  async run({ progress }: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start();
    const env = { ...redis.env, APP_LIMIT_INBOX: "off" };
    await using one = await Program.start({ env });
    await using two = await Program.start({ env });
    const nodes = [one, two];
    for (const node of nodes) await node.hearsRedis();
    const ledger = new Ledger();
    using online = new OnlineUser(two.webSocketUrl, ONLINE, ledger);
    await online.isOnline();
    await using answers = new Answers(nodes);
    await publish(redis, ledger);
    progress(`${COUNT} are published`);
    await waitFor("all are stored", async () => await stored(redis) === COUNT, STORED_WITHIN_MS);
    await waitFor("the user online has theirs", () => ledger.missing([ONLINE]) === 0);
    const { refused, longestMs } = await answers.end();
    const seen = await Promise.all(nodes.map(stats));
    for (const name of ["bridge_refused", "bridge_cut_off", "bridge_gaps", "nodes_cut_off"]) {
      assert.equal(sum(seen, name), 0, name);
    }
    for (const each of seen) assert.equal(each["bridge_received"], COUNT);
    assert.equal(sum(seen, "bridge_routed"), COUNT);
    assert.equal(sum(seen, "notifications"), COUNT);
    assert.equal(refused, 0, "each node is ready all through");
    assert.ok(longestMs <= ANSWERED_WITHIN_MS, `an answer took ${longestMs} ms`);
    const memory = Math.max(...nodes.map(({ pid }) => peakMiB(pid)));
    assert.ok(memory <= MOST_MEMORY_MIB, `a node took ${memory} MiB`);
    ledger.left(ONLINE, await readInbox(one.webSocketUrl, ONLINE));
    const { delivered, doubled } = ledger.check();
    const notes = `${Math.round(longestMs)} ms to answer, ${Math.round(memory)} MiB at most`;
    return { accepted: COUNT, delivered, queued: COUNT - delivered, doubled, notes };
  },
};

/** Writes all payloads, a piece after the other, as `redis-cli --pipe` does. */
async function publish(redis: RedisServer, ledger: Ledger): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: redis.port });
  const answered = readLines(connection, COUNT);
  const encoder = new TextEncoder();
  for (let first = 0; first < COUNT; first += PIECE) {
    let commands = "";
    for (let number = first; number < first + PIECE; number++) {
      const user = `u${number % USERS}`;
      const id = `published-${number}`;
      if (user === ONLINE) {
        ledger.sent(user, id);
        ledger.accepted(user, id, "publish");
      }
      commands += command("PUBLISH", "notifyli:messages", payload(user, id, number));
    }
    const bytes = encoder.encode(commands);
    for (let written = 0; written < bytes.length;) {
      written += await connection.write(bytes.subarray(written));
    }
  }
  await answered;
}

/** Only what the user online gets has an id, as it is counted by that. */
function payload(user_id: string, id: string, number: number): string {
  const [room, message] = ["lobby", `Order ${number} is on its way`];
  return JSON.stringify(
    user_id === ONLINE ? { user_id, room, message, id } : { user_id, room, message },
  );
}

function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}

async function readLines(connection: Deno.Conn, count: number): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (let lines = 0; lines < count;) {
    const length = await connection.read(buffer);
    if (length === null) throw new Error("Redis closed the connection");
    for (const byte of buffer.subarray(0, length)) if (byte === 10) lines++;
  }
}

async function stored(redis: RedisServer): Promise<number> {
  const connection = redis.connect();
  const pipeline = connection.pipeline();
  for (let user = 0; user < USERS; user++) pipeline.zcard(`notifyli:inbox-order:{u${user}}`);
  const counts = await pipeline.exec() ?? [];
  connection.disconnect();
  return counts.reduce((all, [, count]) => all + Number(count), 0);
}

async function stats({ url }: Program): Promise<Record<string, number>> {
  return await (await fetch(`${url}/api/stats`)).json();
}

function sum(seen: readonly Readonly<Record<string, number>>[], name: string): number {
  return seen.reduce((all, each) => all + (each[name] ?? NaN), 0);
}
