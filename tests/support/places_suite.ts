/** What every engine is held to where a room takes so many clients and no more; `engine_test.ts` runs it on each. */
import assert from "node:assert/strict";
import type { PresenceEntry, PresenceManager } from "../../lib/rooms/store/store.ts";
import type { Engine } from "../../lib/engines/engine.ts";
import { CodedError } from "../../lib/base/errors.ts";
import type { UserId } from "../../lib/base/fields.ts";
import type { OpenEngine } from "./engine_suite.ts";

const SITE = "default";

export function testPlaces(name: string, open: OpenEngine): void {
  const test = (what: string, run: (presence: PresenceManager) => Promise<void>) =>
    Deno.test(`${name} engine: a room with a limit ${what}`, async () => {
      await using engine = await open();
      await engine.run({ handlePublication() {}, handleAccess() {}, handleRestored() {} });
      await run(engine.presence);
    });

  test("takes so many clients, whoever's they are", async (presence) => {
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
    assert.deepEqual(await presence.stats(SITE, "lobby"), { users: 2 });
  });

  test("never refuses one that is in it", async (presence) => {
    await add(presence, "1", "c1", 1);
    assert.equal(await add(presence, "1", "c1", 1, "New name"), false);
    assert.equal((await presence.get(SITE, "lobby", "1"))?.name, "New name");
    const both = [add(presence, "1", "c1", 1), add(presence, "1", "c1", 1)];
    assert.deepEqual(await Promise.all(both), [false, false]);
    await assert.rejects(add(presence, "1", "c2", 1), { code: "room_full" });
  });

  test("takes the same client twice at once as one", async (presence) => {
    const both = [add(presence, "1", "c1", 1), add(presence, "1", "c1", 1)];
    assert.deepEqual(await Promise.all(both), [true, false]);
    assert.equal(await presence.remove(SITE, "1", connection("1", "c1")), true);
    assert.equal(await add(presence, "2", "c2", 1), true);
  });

  test("has a place again for each that leaves", async (presence) => {
    for (const client of ["c1", "c2"]) await add(presence, "1", client, 2);
    await assert.rejects(add(presence, "2", "c3", 2), { code: "room_full" });
    await presence.remove(SITE, "1", connection("1", "c1"));
    await presence.remove(SITE, "1", connection("1", "c1"));
    await add(presence, "2", "c3", 2);
    await assert.rejects(add(presence, "3", "c4", 2), { code: "room_full" });
  });

  test("counts those that came while it had none, and goes by the limit of today", async (presence) => {
    for (const client of ["c1", "c2", "c3"]) await add(presence, "1", client);
    await assert.rejects(add(presence, "2", "c4", 2), { code: "room_full" });
    await add(presence, "2", "c4", 4);
    await assert.rejects(add(presence, "2", "c5", 4), { code: "room_full" });
    await add(presence, "2", "c5");
  });

  test("is one of one site, and counts no names for clients", async (presence) => {
    const name = '","clients":[{"client_id":"x"},{"client_id":"y"}]';
    await add(presence, "1", "c1", 3, name);
    await add(presence, "1", "c2", 3, name);
    await presence.add("other", "1", connection("1", "c3"), 1);
    await presence.add(SITE, "1", { ...connection("1", "c4"), room: "elsewhere" }, 1);
    assert.equal(await add(presence, "Grüße 🎉", "c5", 3), true);
    await assert.rejects(add(presence, "3", "c6", 3), { code: "room_full" });
  });

  test("takes none where the limit is 0", async (presence) => {
    await assert.rejects(add(presence, "1", "c1", 0), { code: "room_full" });
    assert.deepEqual(await presence.list(SITE, "lobby"), []);
  });

  test("takes 10 of 50 that come at once", async (presence) => {
    assert.equal(await countTaken([presence], 50, 10), 10);
  });
}

/** How many of so many clients found a place, coming at once by all of these. */
export async function countTaken(
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
  const listed = await by[0]?.list(SITE, "lobby") ?? [];
  const counted = listed.reduce((sum, { clients }) => sum + (clients?.length ?? 1), 0);
  assert.equal(counted, taken, "who was refused is not in the room");
  return taken;
}

/** In the room "lobby". */
export function add(
  presence: Engine["presence"],
  user: UserId,
  client_id: string,
  maxClients?: number,
  name = `Name of ${user}`,
): Promise<boolean> {
  return presence.add(SITE, user, { ...connection(user, client_id), name }, maxClients);
}

async function clientsOf(presence: PresenceManager, user: UserId): Promise<string[] | undefined> {
  const { clients } = await presence.get(SITE, "lobby", user) ?? {};
  return clients?.map(({ client_id }) => client_id);
}

function connection(user: UserId, client_id: string): PresenceEntry {
  return {
    client_id,
    room: "lobby",
    name: `Name of ${user}`,
    user_id: user,
    connected_at: 1_700_000_000,
  };
}
