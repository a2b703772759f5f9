/**
 * Operators watch three nodes while one of them, Redis and PostgreSQL are killed: the stream goes on by itself, lists answer and
 * name the node that does not, and nobody is left watching in the end.
 */
import assert from "node:assert/strict";
import { operatorKeyOf } from "../support/manager.ts";
import { PostgresServer } from "../support/postgres.ts";
import type { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Watch } from "../support/watch.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

const NODES = 3;

/** A list waits 2 s for nodes that do not answer. This is for slow machines, and far less than any wait without an end. */
const LIST_MS = 20_000;

interface Scene extends FaultContext {
  readonly stage: Stage;
  readonly redis: RedisServer;
  readonly postgres: PostgresServer;
  readonly watch: Watch;
}

type Json = Readonly<Record<string, unknown>>;

export const WATCHED: Scenario = {
  name: "operators watch while nodes and stores are killed",
  async run(context: FaultContext): Promise<Report> {
    await using redis = await RedisServer.start("--appendonly", "yes");
    await using postgres = await PostgresServer.start();
    const env = { ...redis.env, ...postgres.env };
    await using stage = await Stage.open(context, { nodes: NODES, env });
    const first = stage.cluster.program(0);
    const query = "streams=nodes,log,audit&level=info";
    const watch = await Watch.open(first, operatorKeyOf(first), query);
    try {
      const scene = { ...context, stage, redis, postgres, watch };
      await shows(scene);
      for (const fault of context.random.shuffled([nodeKilled, redisKilled, postgresKilled])) {
        await passed(context.random.between(0, 0.2) * context.seconds);
        await fault(scene);
        await shows(scene);
        assert.equal(watch.isEnded, false, "the stream ended");
      }
      assert.equal(await watchers(first), 1);
    } finally {
      await watch[Symbol.asyncDispose]();
    }
    await waitFor("nobody watches", async () => await watchers(first) === 0);
    return await stage.finish(`${watch.events.length} events`);
  },
};

/** Waits until the stream shows all nodes as ready, and what is done at another one. */
async function shows({ stage, watch }: Scene): Promise<void> {
  const from = watch.events.length;
  const later = (name: string) =>
    watch.events.slice(from).filter((event) => event.name === name).map(({ data }) => data);
  await waitFor("all nodes are shown", () =>
    later("nodes").some(({ nodes }) => {
      const ready = (nodes as Json[]).filter((node) => node["ready"]);
      return ready.length >= NODES; // one that was killed is shown for a while
    }));
  const user = `w${from}`;
  // A node that has just come back is told every five seconds who watches: till then its word is not shown.
  await waitFor("what is done at another node is shown", async () => {
    const other = stage.cluster.program(NODES - 1);
    const { status } = await call(other, `/users/${user}/block`, "POST");
    return status === 200 && later("audit").some(({ target }) => target === `user ${user}`);
  });
}

async function nodeKilled({ stage, random, watch }: Scene): Promise<void> {
  const { cluster } = stage;
  const node = random.integer(1, NODES - 1);
  const { json } = await call(cluster.program(node), "/nodes");
  await cluster.kill(node);
  const began = performance.now();
  const listed = await call(cluster.program(0), "/live/rooms");
  const ms = performance.now() - began;
  assert.equal(listed.status, 200, JSON.stringify(listed.json));
  const missing = listed.json["missing"] as string[];
  assert.ok(missing.includes(String(json["this"])), `missing: ${missing}`);
  assert.ok(ms < LIST_MS, `the list took ${Math.round(ms)} ms`);
  const seen = watch.of("nodes").length;
  await waitFor("nodes are shown meanwhile", () => watch.of("nodes").length > seen);
  await cluster.restart(node);
  stage.tell(`node ${node} was killed and is back`);
}

async function redisKilled({ stage, redis, random }: Scene): Promise<void> {
  await redis.stop("SIGKILL");
  await passed(random.between(0.2, 1));
  const began = performance.now();
  const { status } = await call(stage.cluster.program(0), "/nodes");
  const ms = performance.now() - began;
  assert.ok(ms < LIST_MS, `the list took ${Math.round(ms)} ms, and ended with ${status}`);
  await redis.restart();
  stage.tell("Redis was killed and is back");
}

async function postgresKilled({ stage, postgres, random }: Scene): Promise<void> {
  await postgres.stop("SIGKILL");
  await passed(random.between(0.2, 1));
  const began = performance.now();
  const { status } = await call(stage.cluster.program(0), "/audit");
  const ms = performance.now() - began;
  assert.equal(status, 503, "the audit log is away");
  assert.ok(ms < LIST_MS, `the list took ${Math.round(ms)} ms`);
  await postgres.restart();
  stage.tell("PostgreSQL was killed and is back");
}

/** Calls the API with the operator's key: an API key would shut everybody else out. */
async function call(
  program: Program,
  path: string,
  method = "GET",
): Promise<{ status: number; json: Json }> {
  const headers = { authorization: `Bearer ${operatorKeyOf(program)}` };
  const response = await fetch(`${program.url}/api${path}`, { method, headers });
  return { status: response.status, json: await response.json() };
}

/** How many watch a node, which it tells anybody on this machine. */
async function watchers({ url }: Program): Promise<unknown> {
  return (await (await fetch(`${url}/api/stats`)).json())["watchers"];
}
