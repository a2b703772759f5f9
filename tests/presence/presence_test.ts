/** Presence of users over connections and nodes: who is online, away or offline, at which devices, and who is told. */
import assert from "node:assert/strict";
import { unixSeconds } from "../../lib/base/times.ts";
import { clientOf, Heard, PresenceWorld } from "../support/presence_world.ts";
import type { Frame } from "../support/test_client.ts";

const PLACES: readonly (readonly [name: string, listeners: readonly string[]])[] = [
  ["embedded, deno", ["deno"]],
  ["embedded, node", ["node"]],
  ["redis, two nodes", ["deno", "node"]],
];

const PHONE = { id: "phone-1", platform: "ios", app_version: "3.2" };
const LAPTOP = { id: "laptop-1", platform: "web" };

for (const [name, listeners] of PLACES) {
  Deno.test(`a user is online, away and offline, and who may see that is told (${name})`, async () => {
    await using world = await PresenceWorld.start(listeners);
    world.acquaint("ann", "bob");
    const phone = await clientOf(world.last, "bob", PHONE);
    await using ann = await clientOf(world.first, "ann");
    const heard = new Heard(ann);
    const asked = { user_ids: ["bob", "carl", "ann", "bob"] };
    assert.deepEqual(await ann.command("presence", asked), {
      users: [
        { user_id: "bob", status: "online", devices: [{ platform: "ios" }] },
        { user_id: "ann", status: "online" },
      ],
    });

    // A second device, and what "away" means on both.
    const laptop = await clientOf(world.first, "bob", LAPTOP);
    assert.deepEqual(await heard.next(), [
      { user_id: "bob", status: "online", devices: [{ platform: "web" }, { platform: "ios" }] },
    ]);
    assert.deepEqual(await phone.command("away", { away: true }), { away: true });
    await laptop.command("away", {});
    const [away] = await heard.next();
    assert.equal(away?.["status"], "away");
    assertNow(away?.["last_seen"]);
    await laptop.command("away", { away: false });
    assert.partialDeepStrictEqual(await heard.next(), [{ user_id: "bob", status: "online" }]);

    // What oneself is shown, of one's devices too.
    await using mirror = await clientOf(world.first, "bob");
    const { users } = await mirror.command("presence", { user_ids: ["bob"] });
    assert.deepEqual((users as Frame[])[0]?.["devices"], [
      LAPTOP,
      { ...PHONE, away: true },
    ]);

    // A connection that comes back within the grace does not blink, at whichever node: nothing is told until bob is gone.
    await mirror.close();
    await phone.close();
    await laptop.close();
    const back = await clientOf(world.first, "bob", LAPTOP);
    const [fewer] = await heard.next();
    assert.deepEqual(fewer, { user_id: "bob", status: "online", devices: [{ platform: "web" }] });
    await back.close();
    const [offline] = await heard.next();
    assert.deepEqual([offline?.["status"], offline?.["devices"]], ["offline", undefined]);
    assertNow(offline?.["last_seen"]);

    // Who watches others from then on hears nothing more of bob; who asks later sees when bob was there.
    await using bob = await clientOf(world.first, "bob");
    await heard.next();
    assert.deepEqual(await ann.command("presence", { user_ids: [] }), { users: [] });
    await bob.close();
  });
}

function assertNow(seconds: unknown): void {
  assert.ok(Math.abs(Number(seconds) - unixSeconds()) < 60, `${seconds}`);
}
