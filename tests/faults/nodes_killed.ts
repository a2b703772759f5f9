/**
 * Three nodes on one Redis, one or all of them killed with -9; publishers by HTTP, XADD and PUBLISH, to users and in the room
 * where people talk.
 */
import { RedisServer } from "../support/redis.ts";
import { RedisLoad } from "./redis_load.ts";
import { RoomLoad } from "./room_load.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { ROOM } from "./talk.ts";
import { passed } from "./time.ts";

const NODES = 3;
const MOST_PUBLISHED_PER_USER = 10;
/** Messages a second in the room, by each way. */
const SPEAKING_RATE = 100;

export const nodesKilled: readonly Scenario[] = [
  { name: "one of three nodes killed", run: (context) => run(context, "one") },
  { name: "all three nodes killed at once", run: (context) => run(context, "all") },
];

async function run(context: FaultContext, which: "one" | "all"): Promise<Report> {
  const { random, seconds, rate } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using stage = await Stage.open(context, { nodes: NODES, env: redis.env });
  const { cluster, users, ledger } = stage;
  const ratePerUser = Math.min(MOST_PUBLISHED_PER_USER, rate / users.length);
  const common = { port: redis.port, users, ledger, ratePerUser };
  await using adding = new RedisLoad({ ...common, way: "xadd" });
  // Where all nodes die, none is left who heard: then PUBLISH promises nothing.
  const isCounted = () => which === "one";
  await using publishing = new RedisLoad({ ...common, way: "publish", isCounted });

  const speaking = {
    ...{ port: redis.port, room: ROOM, ledger: stage.talk.ledger, rate: SPEAKING_RATE },
    isCounted,
  };
  await using added = new RoomLoad({ ...speaking, way: "xadd" });
  await using told = new RoomLoad({ ...speaking, way: "publish" });

  let kills = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await passed(random.between(0.2, 0.5) * seconds);
    const victims = which === "all"
      ? cluster.ports.map((_, node) => node)
      : [random.integer(0, NODES - 1)];
    await Promise.all(victims.map((node) => cluster.kill(node)));
    await passed(random.between(0, 0.2) * seconds);
    await Promise.all(victims.map((node) => cluster.restart(node)));
    stage.tell(`killed ${++kills} times`);
  }
  await adding.end();
  await publishing.end();
  await added.end();
  await told.end();
  const ways = `${kills} kills; ${adding.accepted} by XADD, ${publishing.accepted} by PUBLISH; ` +
    `in the room ${added.accepted} by XADD, ${told.accepted} by PUBLISH`;
  return await stage.finish(ways);
}
