/** Who is in which room, on every engine, and how many may be. */
import assert from "node:assert/strict";
import { CodedError } from "../../lib/base/errors.ts";
import { endRedis } from "../../lib/engines/redis/client.ts";
import type { UserId } from "../../lib/base/fields.ts";
import type {
  PresenceCursor,
  PresenceEntry,
  PresenceManager,
  PresencePage,
  UserPresence,
} from "../../lib/rooms/store/store.ts";
import { openFullRedis, QUIET, testEngines } from "../support/engines.ts";
import { functionCalls, RedisServer } from "../support/redis.ts";
import { waitFor } from "../support/wait.ts";
import { readChangeId } from "../../lib/rooms/store/change.ts";
import { roomChannel } from "../../lib/core/channel.ts";

const SITE = "default";

/** A test of a room that takes so many clients and no more. */
function testPlaces(what: string, run: (presence: PresenceManager) => Promise<void>): void {
  testEngines(`in a room with a limit: ${what}`, ({ presence }) => run(presence));
}

testEngines("knows who is in a room", async ({ presence }) => {
  assert.equal(await presence.add(SITE, "1", connection("1", "c1")), true);
  assert.equal(await presence.add(SITE, "2", connection("2", "c2")), true);
  assert.deepEqual(await presence.get(SITE, "lobby", "1"), connection("1", "c1"));
  assert.equal((await listed(presence)).length, 2);
  assert.equal(await presence.get(SITE, "lobby", "3"), undefined);
  assert.deepEqual(await listed(presence, "elsewhere"), []);
});

testEngines("keeps a user with two clients until the last one is gone", async ({ presence }) => {
  const [older, newer] = [connection("1", "c1"), connection("1", "c2")];
  assert.equal(await presence.add(SITE, "1", older), true);
  assert.equal(await presence.add(SITE, "1", newer), false);
  assert.deepEqual(await presence.get(SITE, "lobby", "1"), { ...newer, clients: [older, newer] });
  assert.equal(await presence.remove(SITE, "1", newer), false);
  assert.deepEqual(await presence.get(SITE, "lobby", "1"), older);
  assert.equal(await presence.remove(SITE, "1", older), true);
  assert.equal(await presence.get(SITE, "lobby", "1"), undefined);
  assert.equal(
    await presence.remove(SITE, "1", older),
    false,
    "a second removal removes nothing",
  );
});

testEngines("takes the same client twice as one", async ({ presence }) => {
  assert.equal(await presence.add(SITE, "1", connection("1", "c1")), true);
  assert.equal(await presence.add(SITE, "1", connection("1", "c1")), false);
  assert.equal(await presence.remove(SITE, "1", connection("1", "c1")), true);
});

testEngines("reads who is in a room by pages, in which who stays is once", async ({ presence }) => {
  for (const user of ["1", "2", "3", "4", "5"]) await add(presence, user, `c${user}`);
  const first = await presence.list(SITE, "lobby", { limit: 2 });
  assert.deepEqual([userIds(first), first.count], [["1", "2"], 5]);
  await presence.remove(SITE, "1", connection("1", "c1"));
  await presence.remove(SITE, "4", connection("4", "c4"));
  await add(presence, "4", "c4"); // who comes now is told by what happened
  await add(presence, "6", "c6");
  await add(presence, "3", "c3", undefined, "New name");
  const second = await presence.list(SITE, "lobby", { limit: 2, from: first.next });
  assert.deepEqual([userIds(second), second.next], [["3", "5"], undefined]);
  assert.ok(second.version > first.version);
  const all = await presence.list(SITE, "lobby", { limit: 9 });
  assert.deepEqual([userIds(all), all.next], [["2", "3", "5", "4", "6"], undefined]);
});

testEngines("reads nobody of a room with more users than are wanted", async ({ presence }) => {
  for (const user of ["1", "2", "3"]) await add(presence, user, `c${user}`);
  await add(presence, "1", "again");
  const few = await presence.list(SITE, "lobby", { limit: 9, most: 2 });
  assert.deepEqual([userIds(few), few.count, few.next], [[], 3, undefined]);
  const all = await presence.list(SITE, "lobby", { limit: 9, most: 3 });
  assert.deepEqual([userIds(all), all.count], [["1", "2", "3"], 3]);
});

testEngines("cuts a page by its length", async ({ presence }) => {
  const name = "x".repeat(100_000);
  for (const user of ["1", "2", "3", "4"]) await add(presence, user, `c${user}`, undefined, name);
  const first = await presence.list(SITE, "lobby", { limit: 9 });
  assert.deepEqual(userIds(first), ["1", "2"]);
  assert.equal((await listed(presence)).length, 4);
});

testEngines(
  "tells a room who comes and leaves, with its version",
  async ({ presence, ...engine }, heard) => {
    await engine.broker.subscribe(roomChannel(SITE, "lobby"));
    await add(presence, "1", "c1");
    await add(presence, "1", "c2");
    const { version } = await presence.list(SITE, "lobby", { limit: 9 });
    await presence.remove(SITE, "1", connection("1", "c1"));
    await add(presence, "2", "c3", 5); // a room with a limit is told later, under the same version
    const { version: later } = await presence.list(SITE, "lobby", { limit: 9 });
    await presence.remove(SITE, "1", connection("1", "c2"));
    await presence.announce(SITE, "2", connection("2", "c3"));
    await presence.announce(SITE, "3", connection("3", "c4")); // who is not there is not told
    await presence.remove(SITE, "2", connection("2", "c3"));
    await waitFor("all is heard", () => heard.length >= 4);
    const told = heard.map(({ publication }) => publication).map((publication) => [
      publication.kind,
      publication.from?.user,
      readChangeId(publication).users,
    ]);
    assert.deepEqual(told, [["join", "1", 1], ["leave", "1", 1], ["join", "2", 1], [
      "leave",
      "2",
      0,
    ]]);
    const versions = heard.map(({ publication }) => readChangeId(publication).version);
    assert.deepEqual([versions[0], versions[2]], [version, later]);
    assert.ok(versions[1]! > later && versions[3]! > versions[1]!);
  },
);

testEngines("keeps the rooms of sites apart", async ({ presence }) => {
  await presence.add("acme", "1", connection("1", "c1"));
  assert.deepEqual(await listed(presence), []);
});

testPlaces("takes so many clients, whoever's they are", async (presence) => {
  assert.equal(await add(presence, "1", "c1", 3), true);
  assert.equal(await add(presence, "1", "c2", 3), false);
  assert.equal(await add(presence, "2", "c3", 3), true);
  for (const user of ["1", "3"]) {
    await assert.rejects(add(presence, user, "c4", 3), {
      code: "room_full",
      message: 'Cannot join room "lobby": it is full, the limit is 3 clients',
    });
  }
  assert.deepEqual(await clientsOf(presence, "1"), ["c1", "c2"], "nothing was added");
  assert.equal(await presence.get(SITE, "lobby", "3"), undefined);
  assert.equal((await listed(presence)).length, 2);
});

testPlaces("never refuses one that is in it", async (presence) => {
  await add(presence, "1", "c1", 1);
  assert.equal(await add(presence, "1", "c1", 1, "New name"), false);
  assert.equal((await presence.get(SITE, "lobby", "1"))?.name, "New name");
  const both = [add(presence, "1", "c1", 1), add(presence, "1", "c1", 1)];
  assert.deepEqual(await Promise.all(both), [false, false]);
  await assert.rejects(add(presence, "1", "c2", 1), { code: "room_full" });
});

testPlaces("takes the same client twice at once as one", async (presence) => {
  const both = [add(presence, "1", "c1", 1), add(presence, "1", "c1", 1)];
  assert.deepEqual(await Promise.all(both), [true, false]);
  assert.equal(await presence.remove(SITE, "1", connection("1", "c1")), true);
  assert.equal(await add(presence, "2", "c2", 1), true);
});

testPlaces("has a place again for each that leaves", async (presence) => {
  for (const client of ["c1", "c2"]) await add(presence, "1", client, 2);
  await assert.rejects(add(presence, "2", "c3", 2), { code: "room_full" });
  await presence.remove(SITE, "1", connection("1", "c1"));
  await presence.remove(SITE, "1", connection("1", "c1"));
  await add(presence, "2", "c3", 2);
  await assert.rejects(add(presence, "3", "c4", 2), { code: "room_full" });
});

testPlaces(
  "counts those that came while it had none, and goes by the limit of today",
  async (presence) => {
    for (const client of ["c1", "c2", "c3"]) await add(presence, "1", client);
    await assert.rejects(add(presence, "2", "c4", 2), { code: "room_full" });
    await add(presence, "2", "c4", 4);
    await assert.rejects(add(presence, "2", "c5", 4), { code: "room_full" });
    await add(presence, "2", "c5");
  },
);

testPlaces("is one of one site, and counts no names for clients", async (presence) => {
  const name = '","clients":[{"client_id":"x"},{"client_id":"y"}]';
  await add(presence, "1", "c1", 3, name);
  await add(presence, "1", "c2", 3, name);
  await presence.add("other", "1", connection("1", "c3"), 1);
  await presence.add(SITE, "1", { ...connection("1", "c4"), room: "elsewhere" }, 1);
  assert.equal(await add(presence, "Grüße 🎉", "c5", 3), true);
  await assert.rejects(add(presence, "3", "c6", 3), { code: "room_full" });
});

testPlaces("takes none where the limit is 0", async (presence) => {
  await assert.rejects(add(presence, "1", "c1", 0), { code: "room_full" });
  assert.deepEqual(await listed(presence), []);
});

testPlaces("takes 10 of 50 that come at once", async (presence) => {
  assert.equal(await countTaken([presence], 50, 10), 10);
});

Deno.test("redis engine writes the connection hash of the base protocol", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run(QUIET);
  const connection = {
    client_id: "abc123",
    room: "/user/123",
    name: "Alice",
    user_id: 123,
    connected_at: 1_700_000_000,
  };
  await engine.presence.add("default", "123", connection);
  const hash = await server.call("HGETALL", "notifyli:connections:/user/123");
  const [field, json] = hash.split("\n");
  assert.equal(field, "user_123");
  assert.equal(json, JSON.stringify(connection));
  await engine.presence.remove("default", "123", connection);
  assert.equal(await server.call("EXISTS", "notifyli:connections:/user/123"), "0");
});

Deno.test("redis engine: of 50 that come to two nodes at once, a room with a limit takes 10", async () => {
  await using server = await RedisServer.start();
  await using one = await openFullRedis(server);
  await using two = await openFullRedis(server);
  for (const { run } of [one, two]) {
    await run(QUIET);
  }
  assert.equal(await countTaken([one.presence, two.presence], 50, 10), 10);
  const [lease] = await one.storage.redis.zrange("notifyli:leases", "0", "-1");
  const noted = await one.storage.redis.scard(`notifyli:lease:${lease}`);
  assert.ok(noted <= 10, "who was refused is noted nowhere");
});

Deno.test("redis engine: a dead node's clients have their places until its lease has ended, not longer", async () => {
  await using server = await RedisServer.start();
  // Its own lease is renewed, and those of others are looked at, every 12 s: nobody sweeps by the clock.
  await using living = await openFullRedis(server, {}, { leaseSeconds: 60 });
  await using dead = await openFullRedis(server, {}, { leaseSeconds: 60 });
  for (const { run } of [living, dead]) {
    await run(QUIET);
  }
  await add(dead.presence, "1", "c1", 3);
  await add(dead.presence, "1", "c2", 3);
  await add(living.presence, "2", "c3", 3);
  await assert.rejects(add(living.presence, "3", "c4", 3), { code: "room_full" });
  for (const lease of await living.storage.redis.zrange("notifyli:leases", "0", "-1")) {
    const isDead = await living.storage.redis.sismember(
      `notifyli:lease:${lease}`,
      "default\nlobby\n1\nc1",
    );
    if (isDead === 1) await living.storage.redis.zadd("notifyli:leases", 1, lease);
  }
  await add(living.presence, "3", "c4", 3);
  await add(living.presence, "3", "c5", 3);
  await assert.rejects(add(living.presence, "3", "c6", 3), { code: "room_full" });
  assert.equal(await living.presence.get("default", "lobby", "1"), undefined);
});

/** What has an entry for each user of the room. */
const ofRoom = new Set(["notifyli:connections:lobby", "notifyli:present:{connections:lobby}"]);
/** The commands that read many entries of a key, or all. */
const READS_ALL = /^(h(getall|vals|keys|scan)|s(members|scan)|z(range.*|scan)|keys|scan)$/i;

Deno.test("redis engine: a place in a large room with a limit costs no look at all who are there", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server);
  await engine.run(QUIET);
  const users = Array.from({ length: 1000 }, (_, index) => String(index));
  await Promise.all(users.map((user) => add(engine.presence, user, `client-${user}`)));
  await add(engine.presence, "1", "client-more", 1001);
  await assert.rejects(add(engine.presence, "new", "client-new", 1001), { code: "room_full" });
  const redis = server.connect();
  const monitor = await redis.monitor();
  const called: string[][] = [];
  monitor.on("monitor", (_time: string, args: string[]) => called.push(args));
  try {
    for (let count = 0; count < 20; count++) {
      await add(engine.presence, `new-${count}`, `client-new-${count}`, 2000);
    }
    await redis.ping();
    await waitFor(
      "Redis has told of all",
      () => called.some(([name]) => /^ping$/i.test(name ?? "")),
    );
  } finally {
    await endRedis(monitor);
    await endRedis(redis);
  }
  const looks = called.filter(([name, key]) => READS_ALL.test(name ?? "") && ofRoom.has(key ?? ""));
  assert.deepEqual(looks, []);
});

Deno.test("redis engine looks up who is online for one turn in one call, each by itself", async () => {
  await using server = await RedisServer.start();
  await using engine = await openFullRedis(server, {}, { leaseSeconds: 600 });
  await engine.run(QUIET);
  const { presence } = engine;
  const connection = (user: string) => ({
    client_id: `client-${user}`,
    room: "lobby",
    name: user,
    user_id: user,
    connected_at: 1_700_000_000,
  });
  await presence.add(SITE, "a", connection("a"));
  await presence.add("acme", "b", connection("b"));
  await server.cli("SET", "notifyli:connections:broken", "no hash");
  await server.cli("HSET", "notifyli:connections:lobby", "user_c", "not JSON");
  const first = await functionCalls(server);
  await presence.get(SITE, "lobby", "c");
  await waitFor(
    "what others left is looked for",
    async () => await functionCalls(server) - first === 2,
  );
  const before = await functionCalls(server);
  const found = await Promise.allSettled([
    presence.get(SITE, "lobby", "a"),
    presence.get(SITE, "lobby", "b"),
    presence.get(SITE, "broken", "a"),
    presence.get("acme", "lobby", "b"),
    presence.get(SITE, "lobby", "c"),
  ]);
  assert.equal(await functionCalls(server) - before, 1);
  assert.deepEqual(
    found.map((each) => each.status === "fulfilled" ? each.value : each.reason.code),
    [connection("a"), undefined, "unavailable", connection("b"), undefined],
  );
  const many = Array.from({ length: 450 }, () => presence.get(SITE, "lobby", "a"));
  for (const each of await Promise.all(many)) assert.deepEqual(each, connection("a"));
});

/** How many of so many clients found a place, coming at once by all of these. */
async function countTaken(
  by: readonly PresenceManager[],
  clients: number,
  maxClients: number,
): Promise<number> {
  const coming = Array.from({ length: clients }, (_, index) => {
    const presence = by[index % by.length];
    assert.ok(presence);
    // Of 25 users, so that some come with two clients.
    return add(presence, String(index % 25), `client-${index}`, maxClients);
  });
  const results = await Promise.allSettled(coming);
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    assert.ok(reason instanceof CodedError && reason.code === "room_full", String(reason));
  }
  const taken = results.filter(({ status }) => status === "fulfilled").length;
  const users = by[0] === undefined ? [] : await listed(by[0]);
  const counted = users.reduce((sum, { clients }) => sum + (clients?.length ?? 1), 0);
  assert.equal(counted, taken, "who was refused is not in the room");
  return taken;
}

/** Everyone in a room, read in pages of two. */
async function listed(presence: PresenceManager, room = "lobby"): Promise<UserPresence[]> {
  const users: UserPresence[] = [];
  let from: PresenceCursor | undefined;
  do {
    const page = await presence.list(SITE, room, { limit: 2, from });
    users.push(...page.users);
    from = page.next;
  } while (from !== undefined);
  return users;
}

/** In the room "lobby". */
function add(
  presence: PresenceManager,
  user: UserId,
  client_id: string,
  maxClients?: number,
  name = `Name of ${user}`,
): Promise<boolean> {
  return presence.add(SITE, user, { ...connection(user, client_id), name }, maxClients);
}

function userIds({ users }: PresencePage): string[] {
  return users.map(({ user_id }) => String(user_id));
}

async function clientsOf(presence: PresenceManager, user: UserId): Promise<string[] | undefined> {
  const { clients } = await presence.get(SITE, "lobby", user) ?? {};
  return clients?.map(({ client_id }) => client_id);
}

function connection(user: UserId, client_id: string): PresenceEntry {
  return {
    client_id,
    room: "lobby",
    name: `Name "of" ${user} 🎉`,
    user_id: user,
    connected_at: 1_700_000_000,
  };
}
