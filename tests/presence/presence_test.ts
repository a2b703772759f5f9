/** Presence of users over connections and nodes: who is online, away or offline, at which devices, and who is told. */
import assert from "node:assert/strict";
import { unixSeconds } from "../../lib/base/times.ts";
import { clientOf, Heard, PresenceWorld } from "../support/presence_world.ts";
import type { Frame } from "../support/test_client.ts";
import { waitFor } from "../support/wait.ts";

/** The other way round would not do: a process in which the listener `node` has run is none for `deno` any more. */
const PLACES: readonly (readonly [name: string, listeners: readonly string[]])[] = [
  ["embedded, deno", ["deno"]],
  ["redis and PostgreSQL, two nodes, node", ["node", "node"]],
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

  Deno.test(`who may see a user is told, and nobody else, from one moment to the next (${name})`, async () => {
    await using world = await PresenceWorld.start(listeners);
    await using bob = await clientOf(world.last, "bob", PHONE);
    await using ann = await clientOf(world.first, "ann");
    await using carl = await clientOf(world.first, "carl");
    const [heard, heardByCarl] = [new Heard(ann), new Heard(carl)];
    const online = { user_id: "bob", status: "online", devices: [{ platform: "ios" }] };
    const hidden = { user_id: "bob", status: "offline" };

    // Nobody has said that they know each other: there is nothing to see, and nothing that says so.
    assert.deepEqual(await ann.command("presence", { user_ids: ["bob"] }), { users: [] });
    assert.equal((await world.asked("ann", "bob")).status, 404);
    assert.equal((await world.asked("bob", "bob")).json["status"], "online");
    world.acquaint("ann", "bob");
    assert.deepEqual(await heard.next(), [online]);
    assert.deepEqual((await world.asked("ann", "bob")).json, online);

    // Bob has ann as a contact, which lets ann see bob, too; then he blocks her: that is stronger than what others allow.
    world.acquaint("carl", "bob");
    await carl.command("presence", { user_ids: ["bob"] });
    world.acquaint("ann", "bob", false);
    assert.deepEqual(await heard.next(), [hidden]);
    await bob.command("contact", { user_id: "ann" });
    assert.deepEqual(await heard.next(), [online]);
    world.acquaint("ann", "bob");
    await bob.command("contact", { user_id: "ann", blocked: true });
    assert.deepEqual(await heard.next(), [hidden]);
    await bob.command("away", {});
    await heardByCarl.next();
    assert.deepEqual((await world.asked("ann", "bob")).json["status"], "offline");
    await bob.command("contact", { user_id: "ann", blocked: false });
    assert.partialDeepStrictEqual(await heard.next(), [{ user_id: "bob", status: "away" }]);

    // What bob hides himself.
    await bob.command("privacy", { show_last_seen: false });
    const { last_seen, ...rest } = (await heard.next())[0]!;
    assert.deepEqual([last_seen, rest["status"]], [undefined, "away"]);
    await bob.command("privacy", { show_online: false });
    assert.deepEqual(await heard.next(), [hidden]);
    assert.deepEqual((await world.asked("carl", "bob")).json["status"], "offline");
    assert.deepEqual((await world.asked("bob", "bob")).json["status"], "away");
    await bob.command("privacy", { show_online: true, show_last_seen: true });
    assert.partialDeepStrictEqual(await heard.next(), [{ user_id: "bob", status: "away" }]);

    // Members of a group see each other for as long as both are in it.
    await using eve = await clientOf(world.first, "eve");
    const heardByEve = new Heard(eve);
    assert.deepEqual(await eve.command("presence", { user_ids: ["bob"] }), { users: [] });
    const group = { kind: "group", name: "Team", members: ["eve"] };
    const { conversation } = await bob.command("conversation", group) as Record<string, Frame>;
    assert.partialDeepStrictEqual(await heardByEve.next(), [{ user_id: "bob", status: "away" }]);
    await eve.command("conversation", { conversation: conversation!["id"], leave: true });
    assert.deepEqual(await heardByEve.next(), [hidden]);
    await eve.command("message", { to: "bob", text: "Hi" });
    assert.partialDeepStrictEqual(await heardByEve.next(), [{ user_id: "bob", status: "away" }]);

    // A new list replaces the old one, and an empty one ends it.
    await ann.command("presence", { user_ids: ["carl"] });
    await carl.command("presence", { user_ids: [] });
    const seen = [ann, carl].map((client) => client.ofType("user_presence").length);
    await using dora = await clientOf(world.first, "dora");
    world.acquaint("dora", "bob");
    await dora.command("presence", { user_ids: ["bob"] });
    await bob.command("away", { away: false });
    await new Heard(dora).next();
    await Promise.all([ann.settled(), carl.settled()]);
    assert.deepEqual([ann, carl].map((client) => client.ofType("user_presence").length), seen);
  });

  Deno.test(`a right that ends while a node's first client begins to watch is none (${name})`, async () => {
    await using world = await PresenceWorld.start(listeners);
    await using bob = await clientOf(world.last, "bob", PHONE);
    await using ann = await clientOf(world.first, "ann");
    world.acquaint("ann", "bob");
    const { promise, resolve } = Promise.withResolvers<void>();
    world.holding = promise;
    const asking = ann.command("presence", { user_ids: ["bob"] });
    asking.catch(() => {}); // it is awaited below
    await waitFor("it is being read", () => world.readings === 1);
    world.holding = undefined;
    world.acquaint("ann", "bob", false);
    await waitFor("it is read again", () => world.readings === 2);
    resolve();
    // The answer knows it already, or what follows it does.
    const { users } = await asking;
    const shown = (users as Frame[]).length;
    if (shown > 0) {
      assert.deepEqual(await new Heard(ann).next(), [{ user_id: "bob", status: "offline" }]);
    }

    await using carl = await clientOf(world.first, "carl");
    world.acquaint("carl", "bob");
    await carl.command("presence", { user_ids: ["bob"] });
    await bob.command("away", {});
    await new Heard(carl).next();
    await ann.settled();
    assert.equal(ann.ofType("user_presence").length, shown);
  });
}

function assertNow(seconds: unknown): void {
  assert.ok(Math.abs(Number(seconds) - unixSeconds()) < 60, `${seconds}`);
}
