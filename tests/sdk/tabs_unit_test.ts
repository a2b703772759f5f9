/** A worker's hub with a server of the test's own: what cannot be had from the real one. */
import assert from "node:assert/strict";
import { HubWorld as World, INBOX } from "../support/hub_world.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("SharedHub lets nobody wait long for a tab that gets no answer", async () => {
  using world = new World();
  const stuck = world.tab("a");
  const next = world.tab("a");
  assert.equal(world.links.length, 1, "it may turn out to be the same one");
  await waitFor("it has a connection of its own", () => world.links.length === 2);
  world.links[1]?.accept("1");
  assert.equal(next.replies[0]?.["success"], true);
  assert.deepEqual(stuck.replies, []);
});

Deno.test("SharedHub shows a token anew where the connection ends that it was shown over", () => {
  using world = new World();
  const first = world.tab("a");
  world.links[0]?.accept("1");
  const second = world.tab("b");
  assert.deepEqual(world.links[0]?.sent.at(-1), { type: "identity", token: "b", ref: 2 });
  world.links[0]?.end(1006);
  assert.equal(first.closed?.code, 1006);
  assert.equal(second.closed, undefined);
  assert.deepEqual(world.links[1]?.token, "b");
  world.links[1]?.accept("1");
  assert.equal(second.replies[0]?.["success"], true);
});

Deno.test("SharedHub opens one connection for tabs of one new user that come at once", () => {
  using world = new World();
  world.tab("a");
  world.links[0]?.accept("1");
  const others = [world.tab("b"), world.tab("b"), world.tab("b")];
  for (const _ of others) world.links[0]?.answer("identity", { fingerprint: "2", user_id: 2 });
  assert.equal(world.links.length, 2);
  world.links[1]?.accept("2");
  for (const _ of others.slice(1)) {
    world.links[0]?.answer("identity", { fingerprint: "2", user_id: 2 });
  }
  for (const _ of others.slice(1)) world.links[1]?.answer("inbox", INBOX);
  assert.equal(world.links.length, 2);
  for (const tab of others) assert.equal(tab.replies[0]?.["success"], true);
});

Deno.test("SharedHub keeps a bounded number of commands of a tab that has no connection yet, in order", () => {
  using world = new World();
  const [patient, hasty] = [world.tab("a"), world.tab("b")];
  for (let number = 0; number < 100; number++) {
    for (const tab of [patient, hasty]) tab.send({ type: "publish", room: "r", id: `${number}` });
  }
  hasty.send({ type: "publish", room: "r", id: "one too many" });
  assert.equal(hasty.closed?.code, 1006);
  assert.equal(patient.closed, undefined);
  world.links[0]?.accept("1");
  const ids = world.links[0]?.sent.slice(1).map(({ id }) => id);
  assert.deepEqual(ids, Array.from({ length: 100 }, (_, number) => String(number)));
});

Deno.test("SharedHub does not take a room from a tab that asked again before it was refused", () => {
  using world = new World();
  const tab = world.tab("a");
  const [link = assert.fail()] = world.links;
  link.accept("1");
  for (const [type, ref] of [["subscribe", 1], ["unsubscribe", 2], ["subscribe", 3]] as const) {
    tab.send({ type, room: "r", ref });
  }
  link.refuse("subscribe");
  link.answer("subscribe", { room: "r", offset: 1, epoch: "e" });
  link.receive({ type: "usermsg", room: "r", offset: 2 });
  assert.equal(tab.frames.at(-1)?.["type"], "usermsg");
});
