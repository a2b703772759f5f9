/** Rooms are made, changed and deleted while nodes are killed with -9: what was answered holds, and all nodes agree. */
import assert from "node:assert/strict";
import { Beside } from "../support/beside.ts";
import { operatorKeyOf } from "../support/manager.ts";
import type { Program } from "../support/program.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { Stage } from "./stage.ts";
import { passed } from "./time.ts";

const NODES = 3;
const ROOMS = 20;

export const ROOMS_CHANGED: Scenario = {
  name: "rooms changed while nodes are killed",
  run: (context) => run(context),
};

async function run(context: FaultContext): Promise<Report> {
  const { random, seconds } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using stage = await Stage.open(context, { nodes: NODES, env: redis.env });
  const { cluster } = stage;
  /** How many clients each room may have by the last answer: 0 where it is deleted, `undefined` where nobody knows. */
  const answered = new Map<string, number | undefined>();
  let [changes, kills] = [0, 0];

  await using changing = Beside.again(async () => {
    const room = `made:${random.integer(1, ROOMS)}`;
    const node = random.integer(0, NODES - 1);
    const most = random.integer(0, 3) === 0 ? 0 : ++changes;
    const isDone = await change(() => cluster.program(node), room, most);
    answered.set(room, isDone ? most : undefined);
    await passed(0.02);
  });
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await passed(random.between(0.2, 0.4) * seconds);
    const victim = random.integer(0, NODES - 1);
    await cluster.kill(victim);
    await passed(random.between(0, 0.1) * seconds);
    await cluster.restart(victim);
    stage.tell(`killed ${++kills} times, ${changes} changes`);
  }
  await changing.end();

  const nodes = cluster.ports.map((_, node) => cluster.program(node));
  await waitFor("all nodes agree", async () => {
    const lists = await Promise.all(nodes.map(list));
    return lists[0] !== undefined && new Set(lists).size === 1;
  });
  const made = new Map<string, number>(JSON.parse(await list(nodes[0]!) ?? "[]"));
  for (const [room, most] of answered) {
    if (most !== undefined) {
      assert.equal(made.get(room) ?? 0, most, `${room} is as it was answered`);
    }
  }
  return await stage.finish(`${kills} kills, ${changes} changes`);
}

/** Makes a room for so many clients, or deletes it. Says whether that was answered. */
async function change(find: () => Program, room: string, most: number): Promise<boolean> {
  try {
    const program = find();
    const response = await fetch(`${program.url}/api/rooms/${room}`, {
      method: most === 0 ? "DELETE" : "PUT",
      headers: headersOf(program),
      ...(most > 0 && { body: JSON.stringify({ maxClients: most }) }),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // the node is dead
  }
}

/** The made rooms as a node knows them: JSON of names and how many clients each may have. */
async function list(program: Program): Promise<string | undefined> {
  const response = await fetch(`${program.url}/api/rooms?made=true&limit=1000`, {
    headers: headersOf(program),
  });
  const { rooms } = await response.json();
  if (!Array.isArray(rooms)) return undefined;
  return JSON.stringify(rooms.map(({ room, maxClients }) => [room, maxClients]));
}

function headersOf(program: Program): Record<string, string> {
  return { authorization: `Bearer ${operatorKeyOf(program)}` };
}
