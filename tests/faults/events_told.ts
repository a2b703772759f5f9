/**
 * An endpoint of an application that is told of all that is said in a room, while nodes are killed with -9 and the endpoint
 * itself fails at times: it is told of each message that was accepted, by one event, in the order of the room.
 */
import assert from "node:assert/strict";
import { hookEnv, Receiver, type ToldEvent } from "../support/receiver.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";
import type { FaultContext, Report, Scenario } from "./scenario.ts";
import { ROOM, Talk } from "./talk.ts";
import { passed } from "./time.ts";

const NODES = 3;
/** A node that was killed has its turn taken over by then, and its users' presence swept. */
const SETTLED_WITHIN_MS = 120_000;

export const EVENTS_TOLD: Scenario = { name: "endpoint told while nodes are killed", run };

async function run(context: FaultContext): Promise<Report> {
  const { random, seconds } = context;
  await using redis = await RedisServer.start("--appendonly", "yes");
  await using receiver = new Receiver();
  failAtTimes(receiver, random.fork());
  const env = {
    ...redis.env,
    ...hookEnv(receiver.url, { HOOK_EVENTS: "room.*, message.received" }),
    APP_HISTORY: "*=20000/300",
    REDIS_LEASE_SECONDS: "5",
  };
  await using cluster = await Cluster.start({ nodes: NODES, env });
  await using talk = new Talk(cluster.urls, random.fork());
  await talk.entered;
  let kills = 0;
  for (const endsAt = performance.now() + seconds * 1000; performance.now() < endsAt;) {
    await passed(random.between(0.2, 0.5) * seconds);
    const victim = random.integer(0, NODES - 1);
    await cluster.kill(victim);
    await passed(random.between(0, 0.2) * seconds);
    await cluster.restart(victim);
    context.progress(`killed ${++kills} times; ${receiver.events.length} events told`);
  }
  await talk.end();
  receiver.answer = () => new Response();
  const { acceptedIds } = talk.ledger;
  const isTold = () => acceptedIds.isSubsetOf(new Set(messagesIn(receiver.events)));
  await waitFor("each message is told", isTold, SETTLED_WITHIN_MS);
  await waitFor("the room is vacated", () => isVacated(receiver.events), SETTLED_WITHIN_MS);
  check(receiver.events);
  const requests = receiver.told.length;
  const again = requests - new Set(receiver.told.map(({ id }) => id)).size;
  return {
    accepted: acceptedIds.size,
    delivered: acceptedIds.size,
    queued: 0,
    doubled: 0,
    notes:
      `${kills} kills; ${receiver.events.length} events in ${requests} requests, ${again} again`,
  };
}

/** One of ten requests is refused for now, although the receiver has kept it: an answer may be lost, too. */
function failAtTimes(receiver: Receiver, random: Random): void {
  receiver.answer = () => new Response(null, { status: random.integer(1, 10) === 1 ? 503 : 204 });
}

function messagesIn(events: readonly ToldEvent[]): string[] {
  return events.flatMap(({ event, data }) =>
    event === "message.received" ? String(data["id"]) : []
  );
}

function isVacated(events: readonly ToldEvent[]): boolean {
  return events.findLast(({ event }) => event.startsWith("room."))?.event === "room.vacated";
}

/** Checks that each message has one event, in the order of offsets, and that users come before they leave. */
function check(events: readonly ToldEvent[]): void {
  const messages = messagesIn(events);
  assert.equal(new Set(messages).size, messages.length, "a message has several events");
  const offsets = events.flatMap(({ event, offset }) =>
    event === "message.received" ? offset! : []
  );
  assert.deepEqual(offsets, offsets.toSorted((one, other) => one - other), "not in order");
  const there = new Set<unknown>();
  let isOccupied = false;
  for (const { event, user_id, room } of events) {
    assert.equal(room, ROOM);
    if (event === "room.occupied" || event === "room.vacated") {
      assert.equal(isOccupied, event === "room.vacated", event);
      assert.equal(there.size, 0, event);
      isOccupied = !isOccupied;
    } else if (event === "room.join") {
      assert.ok(isOccupied && !there.has(user_id), `${user_id} comes twice`);
      there.add(user_id);
    } else if (event === "room.leave") {
      assert.ok(there.delete(user_id), `${user_id} leaves, and was not there`);
    }
  }
}
