/** Presence by other ways than a connection of version 2: HTTP, streams of events, and what is refused. */
import assert from "node:assert/strict";
import { ApiKeys } from "../../lib/auth/keys/api_keys.ts";
import { MOST_WATCHED } from "../../lib/presence/wire.ts";
import { EventStream } from "../support/event_stream.ts";
import { clientOf, PresenceWorld } from "../support/presence_world.ts";
import { connectionToken } from "../support/tokens.ts";

Deno.test("an application and a stream of events see presence, each within its site; what is too much is refused", async () => {
  await using world = await PresenceWorld.start(["deno"]);
  const { url } = world.first;
  world.acquaint("ann", "bob");
  await using ann = await clientOf(world.first, "ann");

  // A stream names its device in its query, and is told of others by the commands of its session.
  const token = await connectionToken({ sub: "bob" });
  const query = "room=lobby&device_id=tab-1&platform=web&app_version=7";
  await using stream = await EventStream.open(`${url}/sse?${query}`, "", {
    authorization: `Bearer ${token}`,
  });
  const [{ session }] = await stream.get("connected") as [{ session: string }];
  const device = { id: "tab-1", platform: "web", app_version: "7" };
  assert.deepEqual(await ann.command("presence", { user_ids: ["bob"] }), {
    users: [{ user_id: "bob", status: "online", devices: [{ platform: "web" }] }],
  });
  const send = async (body: string) => {
    const response = await fetch(`${url}/sse/${session}`, { method: "POST", body });
    assert.equal(response.status, 202, await response.text());
  };
  await send('{"type":"presence","user_ids":["bob"]}');
  assert.deepEqual(await stream.get("user_presence"), [
    { type: "user_presence", user_id: "bob", status: "online", devices: [device] },
  ]);
  await send('{"type":"away"}');
  const frames = await stream.get("user_presence", 2);
  assert.partialDeepStrictEqual(frames[1], {
    ...{ status: "away", devices: [{ ...device, away: true }] },
  });

  // An application sees all of its own site, and as a user what this user may see.
  const keys = world.first.use(ApiKeys);
  const key = async (site: string) =>
    (await keys.create({ name: "shop", site, scopes: ["chat:read"] })).text;
  const [own, foreign] = [await key("default"), await key("other")];
  const asked = async (secret: string, path: string) => {
    const response = await fetch(`${url}/api/users/${path}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    return { status: response.status, json: await response.json() };
  };
  assert.partialDeepStrictEqual(await asked(own, "bob/presence"), {
    status: 200,
    json: { user_id: "bob", status: "away", devices: [{ ...device, away: true }] },
  });
  assert.deepEqual((await asked(own, "bob/presence?user_id=ann")).json.devices, [
    { platform: "web" },
  ]);
  assert.equal((await asked(own, "bob/presence?user_id=carl")).status, 404);
  assert.deepEqual((await asked(own, "nobody/presence")).json, {
    ...{ user_id: "nobody", status: "offline", devices: [] },
  });
  assert.equal((await asked(foreign, "bob/presence")).json.status, "offline");

  // Fields.
  const many = Array.from({ length: MOST_WATCHED + 1 }, (_, user) => user);
  const refused = (fields: Record<string, unknown>) =>
    ann.command("presence", fields).then(() => "taken", ({ message }) => message);
  assert.match(
    await refused({ user_ids: many }),
    /^too_many_subscriptions: .*501 users .*limit is 500$/,
  );
  assert.match(await refused({ user_ids: "bob" }), /^invalid_field: .*'user_ids'.*"bob".*list/);
  assert.match(await refused({ user_ids: [1, ""] }), /^invalid_field: .*'user_ids'/);
  const connect = (device: unknown) =>
    ann.command("connect", { device }).then(() => "taken", ({ message }) => message);
  assert.match(await connect("phone"), /^invalid_field: .*'device'.*"phone"/);
  assert.match(await connect({ platform: "ios" }), /^missing_field: .*'device.id'/);
  assert.match(await connect({ id: "x", platform: "y".repeat(65) }), /^too_long: .*platform'.*64/);
  const wrong = await fetch(`${url}/sse?room=lobby&device_id=x&platform=%01`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal((await wrong.json()).field, "platform");

  // Of one user, no more devices are named than the limit; all count.
  const devices = Array.from({ length: 25 }, (_, at) => ({ id: `device-${at}` }));
  const clients = [];
  for (const each of devices) clients.push(await clientOf(world.first, "carl", each));
  const carl = await asked(own, "carl/presence");
  assert.equal(carl.json.devices.length, 20);
  for (const client of clients) await client.close();
});
