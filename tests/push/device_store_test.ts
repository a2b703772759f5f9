/** Devices in the database: two nodes that change the same ones at once wait for each other, and end. */
import assert from "node:assert/strict";
import type { Database } from "../../lib/engines/database/database.ts";
import { NOWHERE, readReach } from "../../lib/preferences/reach.ts";
import {
  devicesOf,
  type NewDevice,
  registerDevice,
  removeDevices,
  renewDevice,
} from "../../lib/push/device_store.ts";
import { testDatabases } from "../support/databases.ts";
import { TwoNodes } from "../support/lock_order.ts";

const SITE = "default";
let count = 0;

function newDevice(user: string, token: string, changes: Partial<NewDevice> = {}): NewDevice {
  const id = `device-${++count}`;
  return { id, site: SITE, user, provider: "web_push", token, tokenHash: token, ...changes };
}

const OPTIONS = { limit: 20, replaces: true, now: 1 };

async function reachOf(database: Database, user: string) {
  return (await readReach(database, SITE, [user])).get(user) ?? NOWHERE;
}

testDatabases("by which ways a user can be reached goes with the devices", async (database) => {
  const register = (device: NewDevice) =>
    database.transaction(() => registerDevice(device, OPTIONS));
  assert.deepEqual(await reachOf(database, "1"), NOWHERE);
  await register(newDevice("1", "a"));
  assert.deepEqual(await reachOf(database, "1"), { push: true, mail: false });
  await register(newDevice("1", "b", { provider: "mail" }));
  assert.deepEqual(await reachOf(database, "1"), { push: true, mail: true });
  await register(newDevice("2", "a"));
  assert.deepEqual(await reachOf(database, "1"), { push: false, mail: true });
  assert.deepEqual(await reachOf(database, "2"), { push: true, mail: false });
  await database.transaction(() => removeDevices({ site: SITE, user: "1" }, "x", 1));
  assert.deepEqual(await reachOf(database, "1"), NOWHERE);
});

Deno.test("two nodes register the same devices for each other's users, and neither waits for good", async () => {
  await using nodes = await TwoNodes.open();
  const { one, two } = nodes;
  const register = (database: Database, user: string, token: string) =>
    database.transaction(() => registerDevice(newDevice(user, token), OPTIONS));
  await register(one, "1", "a");
  await register(one, "2", "b");
  await nodes.both(
    "SELECT * FROM reach WHERE user_id = '1' FOR UPDATE",
    () => [register(one, "2", "a")],
    () => [register(two, "1", "b")],
  );
  const [first, second] = await Promise.all(
    ["1", "2"].map((user) => one.transaction(() => devicesOf({ site: SITE, user }))),
  );
  assert.deepEqual([first!.map(({ token }) => token), second!.map(({ token }) => token)], [
    ["b"],
    ["a"],
  ]);
});

Deno.test("two nodes are told of the same new subscription at once, and the device keeps it", async () => {
  await using nodes = await TwoNodes.open();
  const { one, two } = nodes;
  const device = newDevice("1", "old");
  await one.transaction(() => registerDevice(device, OPTIONS));
  const renew = (database: Database) =>
    database.transaction(() =>
      renewDevice(device.id, { oldHash: "old", token: "new", tokenHash: "new", now: 2 })
    );
  await nodes.both(
    "SELECT * FROM reach WHERE user_id = '1' FOR UPDATE",
    () => [renew(one)],
    () => [renew(two)],
  );
  const devices = await one.transaction(() => devicesOf({ site: SITE, user: "1" }));
  assert.deepEqual(devices.map(({ id, token }) => [id, token]), [[device.id, "new"]]);
});

Deno.test("two browsers that show the same new subscription at once at two nodes leave one device", async () => {
  await using nodes = await TwoNodes.open();
  const { one, two } = nodes;
  const devices = [newDevice("1", "first"), newDevice("2", "second")];
  for (const each of devices) await one.transaction(() => registerDevice(each, OPTIONS));
  const renew = (database: Database, { id, token }: NewDevice) =>
    database.transaction(() =>
      renewDevice(id, { oldHash: token, token: "new", tokenHash: "new", now: 2 })
    );
  await nodes.whileHeld("SELECT * FROM reach FOR UPDATE", async (waiting) => {
    const changes = [renew(one, devices[0]!), renew(two, devices[1]!)];
    await waiting(2);
    return changes;
  });
  const left = await Promise.all(
    ["1", "2"].map((user) => one.transaction(() => devicesOf({ site: SITE, user }))),
  );
  assert.deepEqual(left.flat().map(({ token }) => token), ["new"]);
});
