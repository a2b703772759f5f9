/** Which rooms of a site have somebody in them, and who is told that a room is empty no more or again, on every engine. */
import assert from "node:assert/strict";
import type { UserId } from "../../lib/base/fields.ts";
import type {
  OccupiedRoom,
  PresenceChange,
  PresenceEntry,
  PresenceManager,
} from "../../lib/rooms/store/store.ts";
import { openFullRedis, QUIET, testEngines } from "../support/engines.ts";
import { RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";

const SITE = "default";

testEngines("lists the rooms with somebody in them, each site by itself", async ({ presence }) => {
  await add(presence, "lobby", "1", "c1");
  await add(presence, "lobby", "1", "c2");
  await add(presence, "lobby", "2", "c3");
  await add(presence, "news:a", "1", "c1");
  await presence.add("acme", "9", entry("vault", "9", "c9"));
  assert.deepEqual(await all(presence), [{ room: "lobby", users: 2 }, {
    room: "news:a",
    users: 1,
  }]);
  assert.deepEqual(await all(presence, { site: "acme" }), [{ room: "vault", users: 1 }]);
  assert.deepEqual(await presence.counts(SITE, ["lobby", "vault", "news:a"]), [2, 0, 1]);
  await remove(presence, "lobby", "1", "c1");
  await remove(presence, "lobby", "2", "c3");
  assert.deepEqual(await all(presence, { pattern: "l*" }), [{ room: "lobby", users: 1 }]);
  await remove(presence, "lobby", "1", "c2");
  await remove(presence, "news:a", "1", "c1");
  assert.deepEqual(await all(presence), []);
});

testEngines(
  "reads rooms in the order of their names, by pages and patterns",
  async ({ presence }) => {
    const names = Array.from({ length: 1200 }, (_, index) => `r:${index}:${index % 7}`);
    await Promise.all([...names, "a", "z", "news"].map((room) => add(presence, room, "1", "c1")));
    const page = await presence.occupied(SITE, { limit: 2 });
    assert.deepEqual(page, {
      rooms: [{ room: "a", users: 1 }, { room: "news", users: 1 }],
      next: "news",
    });
    assert.deepEqual(
      (await all(presence)).map(({ room }) => room),
      ["a", "news", ...names, "z"].sort(),
    );
    const sevenths = names.filter((name) => name.endsWith(":3")).sort();
    for (const pattern of ["r:*:3", "*:3"]) {
      assert.deepEqual((await all(presence, { pattern })).map(({ room }) => room), sevenths);
    }
    const beyond = await presence.occupied(SITE, { limit: 5, after: "y" });
    assert.deepEqual(beyond, { rooms: [{ room: "z", users: 1 }] });
    assert.deepEqual(await presence.occupied(SITE, { limit: 5, pattern: "news", after: "x" }), {
      rooms: [],
    });
  },
);

testEngines(
  "tells of the first one who comes and the last one who leaves",
  async ({ presence }) => {
    const told = listenTo(presence);
    await add(presence, "lobby", "1", "c1");
    await add(presence, "lobby", "1", "c2");
    await add(presence, "lobby", "2", "c3", 9);
    await add(presence, "lobby", "2", "c3");
    await remove(presence, "lobby", "1", "c1");
    await remove(presence, "lobby", "1", "c2");
    await remove(presence, "lobby", "2", "c3");
    await remove(presence, "lobby", "2", "c3");
    assert.deepEqual(told, ["join 1 1", "join 2 2", "leave 1 1", "leave 2 0"]);
  },
);

testEngines(
  "tells once that a room is occupied or vacated, however many come at once",
  async ({ presence }) => {
    const told = listenTo(presence);
    const users = Array.from({ length: 50 }, (_, index) => String(index));
    await Promise.all(users.map((user) => add(presence, "lobby", user, `c${user}`)));
    assert.equal(told.filter((each) => each.startsWith("join") && each.endsWith(" 1")).length, 1);
    await Promise.all(users.map((user) => remove(presence, "lobby", user, `c${user}`)));
    assert.equal(told.filter((each) => each.startsWith("leave") && each.endsWith(" 0")).length, 1);
  },
);

Deno.test("redis engine: who sweeps a dead node tells that a room is vacated, once of all nodes", async () => {
  await using redis = await RedisServer.start();
  await using dead = await openFullRedis(redis, {}, { leaseSeconds: 60 });
  await using nodes = new AsyncDisposableStack();
  const living = [];
  for (let count = 0; count < 3; count++) {
    living.push(nodes.use(await openFullRedis(redis, {}, { leaseSeconds: 60 })));
  }
  for (const { run } of [dead, ...living]) await run(QUIET);
  const told = living.map(({ presence }) => listenTo(presence));
  await add(dead.presence, "lobby", "1", "c1");
  await add(dead.presence, "shared", "1", "c1");
  await add(living[0]!.presence, "shared", "2", "c2");
  const lease = await redis.call("ZRANGE", "notifyli:leases", "0", "-1");
  for (const each of lease.split("\n")) {
    const isDead = await redis.call("SISMEMBER", `notifyli:lease:${each}`, "default\nlobby\n1\nc1");
    if (isDead === "1") await redis.call("ZADD", "notifyli:leases", "1", each);
  }
  await Promise.all(living.map(({ storage }) => storage.lease.sweepEnded()));
  await waitFor("it is swept", () => told.flat().length >= 3);
  assert.deepEqual(told.flat().sort(), ["join 2 2", "leave 1 0", "leave 1 1"]);
  assert.deepEqual(await all(living[1]!.presence), [{ room: "shared", users: 1 }]);
});

Deno.test("redis engine: rooms of an older version are taken over, and those that it left are not listed", async () => {
  await using redis = await RedisServer.start();
  await using engine = await openFullRedis(redis);
  await engine.run(QUIET);
  const { presence } = engine;
  for (const room of ["old", "left"]) {
    await add(presence, room, "1", "c1");
    await redis.call("ZREM", "notifyli:occupied", room); // the older version keeps no list
  }
  assert.deepEqual(await all(presence), []);
  await add(presence, "old", "1", "c2");
  await add(presence, "left", "2", "c3");
  assert.deepEqual(await all(presence), [{ room: "left", users: 2 }, { room: "old", users: 1 }]);
  await redis.call("DEL", "notifyli:present:{notifyli:connections:left}"); // the older version took both out
  assert.deepEqual(await all(presence), [{ room: "old", users: 1 }]);
  assert.equal(await redis.call("ZRANGE", "notifyli:occupied", "0", "-1"), "old");
});

function listenTo(presence: PresenceManager): string[] {
  const told: string[] = [];
  presence.listen(({ kind, user, users }: PresenceChange) => told.push(`${kind} ${user} ${users}`));
  return told;
}

/** All that is listed, in pages of 100. */
async function all(
  presence: PresenceManager,
  { site = SITE, pattern }: { site?: string; pattern?: string } = {},
): Promise<OccupiedRoom[]> {
  const rooms: OccupiedRoom[] = [];
  let after: string | undefined;
  do {
    const page = await presence.occupied(site, { limit: 100, after, pattern });
    rooms.push(...page.rooms);
    after = page.next;
  } while (after !== undefined);
  return rooms;
}

function add(
  presence: PresenceManager,
  room: string,
  user: UserId,
  client: string,
  maxClients?: number,
): Promise<boolean> {
  return presence.add(SITE, user, entry(room, user, client), maxClients);
}

function remove(
  presence: PresenceManager,
  room: string,
  user: UserId,
  client: string,
): Promise<boolean> {
  return presence.remove(SITE, user, entry(room, user, client));
}

function entry(room: string, user: UserId, client_id: string): PresenceEntry {
  return { client_id, room, name: user, user_id: user, connected_at: 1_700_000_000 };
}
