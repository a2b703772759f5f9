/**
 * Three nodes on Redis and PostgreSQL that are stopped one after the other with a drain (`APP_DRAIN_SECONDS`), as an update does:
 * clients are told to go part by part while all ways in go on, and nothing is lost.
 */
import assert from "node:assert/strict";
import { PostgresServer } from "../support/postgres.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { RedisLoad } from "./redis_load.ts";
import { RoomLoad } from "./room_load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { ROOM } from "./talk.ts";
import { passed } from "./time.ts";

export const NODES_DRAINED: Scenario = {
  name: "nodes drained in turn, redis and PostgreSQL",
  run: drained,
};

const NODES = 3;
const DRAIN_SECONDS = 2;
const MOST_PUBLISHED_PER_USER = 10;
/** Messages a second in the room, by each way. */
const SPEAKING_RATE = 50;
/** Of the disconnect codes: the server is shutting down. */
const SHUTDOWN = 3001;

async function drained(context: FaultContext): Promise<Report> {
  const { seconds, rate } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using postgres = await PostgresServer.start();
  const env = { ...redis.env, ...postgres.env, APP_DRAIN_SECONDS: String(DRAIN_SECONDS) };
  await using stage = await Stage.open(context, { nodes: NODES, env });
  const { cluster, users, ledger, audience, audience: { endings } } = stage;
  const ratePerUser = Math.min(MOST_PUBLISHED_PER_USER, rate / users.length);
  const common = { port: redis.port, users, ledger, ratePerUser };
  const { ledger: said } = stage.talk;
  // Two nodes hear what is published at any time.
  await using adding = new RedisLoad({ ...common, way: "xadd" });
  await using publishing = new RedisLoad({ ...common, way: "publish" });
  await using told = new RoomLoad({
    ...{ port: redis.port, way: "publish", room: ROOM, ledger: said, rate: SPEAKING_RATE },
    isCounted: () => true,
  });
  for (let node = 0; node < NODES; node++) {
    await passed(seconds / (NODES + 1));
    const before = endings.length;
    const program = cluster.program(node);
    assert.equal(await cluster.kill(node, "SIGTERM"), 0, "the exit code");
    assert.ok(program.log.some(({ message }) => message.startsWith("draining: ")), "it drained");
    await cluster.restart(node);
    await waitFor("all are back", () => audience.onlineCount === audience.clients.length);
    stage.tell(`node ${node} drained and started, ${endings.length - before} clients went`);
  }
  await passed(seconds / (NODES + 1));
  await adding.end();
  await publishing.end();
  await told.end();
  // The others are of tries while a server was away.
  const toldToGo = endings.filter(({ code }) => code === SHUTDOWN).length;
  assert.ok(toldToGo >= audience.clients.length / 2, `${toldToGo} of ${endings.length} were told`);
  return await stage.finish(
    `${toldToGo} of ${endings.length} endings were the server's word; ` +
      `${adding.accepted} by XADD, ${publishing.accepted} by PUBLISH`,
  );
}
