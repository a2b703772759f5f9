/** Nodes that cannot be told apart by name, and a node that is cut off from Redis while the others go on. */
import assert from "node:assert/strict";
import { RedisServer } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

export const nodeAlone: readonly Scenario[] = [
  { name: "two nodes with one name", run: runTwins },
  { name: "a node cut off from redis", run: runCutOff },
];

async function runTwins(context: FaultContext): Promise<Report> {
  const { random, seconds } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  const env = { ...redis.env, BOT_NAME: "twin" };
  await using stage = await Stage.open(context, { nodes: 2, env });
  await passed(seconds / 2);
  const victim = random.integer(0, 1);
  await stage.cluster.kill(victim);
  await stage.cluster.restart(victim);
  await passed(seconds / 2);
  return await stage.finish("one of the twins killed");
}

async function runCutOff(context: FaultContext): Promise<Report> {
  const { random, seconds } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using proxy = new TcpProxy(redis.port);
  const alone = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  await using stage = await Stage.open(context, {
    nodes: 3,
    env: redis.env,
    envOf: (node) => node === 0 ? alone : {},
  });
  const { cluster, load } = stage;
  await passed(seconds / 3);

  const fault = random.pick(["down", "freeze"] as const);
  proxy[fault]();
  const { url } = cluster.program(0);
  await waitFor("its writes are refused", async () => await statusOfWrite(url) === 503);
  const before = load.accepted;
  await waitFor("the others go on", () => load.accepted > before + 100);
  proxy.up();
  proxy.resume();
  await waitFor("it takes writes again", async () => await statusOfWrite(url) === 201);
  stage.tell(`a node was alone (${fault})`);
  await passed(seconds / 3);
  assert.ok(load.refused + load.unanswered > 0, "nothing was refused");
  return await stage.finish(fault);
}

/** Of a notification that is nobody's in the books. */
async function statusOfWrite(url: string): Promise<number> {
  const response = await fetch(`${url}/api/users/probe/notifications`, {
    method: "POST",
    body: "?",
  });
  await response.body?.cancel();
  return response.status;
}
