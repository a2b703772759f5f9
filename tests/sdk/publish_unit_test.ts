/** What the library says in rooms, with a server of the test's own: it waits, is sent again, and is given up. */
import assert from "node:assert/strict";
import { NotifyliError } from "../../lib/sdk/mod.ts";
import { EPOCH, start, type World } from "../support/client_world.ts";

Deno.test("publish() settles on the server's word", async () => {
  using world = start();
  world.online();
  const taken = world.client.publish("lobby", "Hello!", { id: "a1b2c3d4" });
  const refused = world.client.publish("lobby", "", { id: "b1b2c3d4" });
  assert.deepEqual(world.socket.ofType("publish")[0], {
    type: "publish",
    room: "lobby",
    message: "Hello!",
    id: "a1b2c3d4",
  });
  world.socket.reply("publish", { id: "a1b2c3d4", offset: 8, epoch: EPOCH });
  world.socket.refuse("publish", "missing_field", { field: "message" });
  assert.deepEqual(await taken, { id: "a1b2c3d4", offset: 8, epoch: EPOCH });
  await assert.rejects(refused, { code: "missing_field", field: "message", temporary: false });
});

Deno.test("publish() waits for a connection, and sends what waited in order", async () => {
  using world = start();
  const all = ["one", "two", "three"].map((text) => world.client.publish("lobby", text));
  world.online();
  const sent = world.socket.ofType("publish");
  assert.deepEqual(sent.map(({ message }) => message), ["one", "two", "three"]);
  for (const { id } of sent) world.socket.reply("publish", { id, offset: 1, epoch: EPOCH });
  assert.deepEqual((await Promise.all(all)).map(({ id }) => id), sent.map(({ id }) => id));
});

Deno.test("publish() sends again under the same id what a lost connection did not confirm", async () => {
  using world = start();
  world.online();
  const publishing = world.client.publish("lobby", "Hello!");
  assert.equal(world.client.publish("lobby", "x", { id: sentId(world, 0) }), publishing);
  const id = sentId(world, 0);
  world.comeBack();
  assert.equal(sentId(world, 0), id);
  world.socket.reply("publish", { id, offset: 3, epoch: EPOCH });
  assert.deepEqual(await publishing, { id, offset: 3, epoch: EPOCH });
  world.comeBack();
  assert.deepEqual(world.socket.ofType("publish"), []);
});

Deno.test("publish() keeps few messages on their way at once, and a bounded number waiting", async () => {
  const world = start();
  const all = Array.from({ length: 1_000 }, () => world.client.publish("lobby", "Hi"));
  await assert.rejects(world.client.publish("lobby", "one too many"), { code: "queue_full" });
  world.online();
  assert.equal(world.socket.ofType("publish").length, 20);
  world.socket.reply("publish", { id: sentId(world, 0) });
  assert.equal(world.socket.ofType("publish").length, 21);
  world.client.close();
  const outcomes = await Promise.allSettled(all);
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  await assert.rejects(world.client.publish("lobby", "late"), { code: "closed" });
});

Deno.test("publish() gives a message up that ends the connection each time, and not its neighbours", async () => {
  using world = start();
  world.online();
  const [poison, good] = [world.client.publish("a", "poison"), world.client.publish("a", "good")];
  good.catch(() => {});
  for (let tries = 1; tries < 5; tries++) world.comeBack();
  const alone = world.socket.ofType("publish").map(({ message }) => message);
  assert.deepEqual(alone, ["poison"]);
  world.comeBack();
  await assert.rejects(poison, { code: "not_confirmed" });
  world.socket.reply("publish", { id: sentId(world, 0) });
  assert.ok(await good);
});

Deno.test("publish() waits as long as the server asks, and then goes on in the same order", async () => {
  using world = start();
  world.online();
  const texts = Array.from({ length: 30 }, (_, index) => `m${index}`);
  const all = texts.map((text) => world.client.publish("lobby", text));
  world.socket.reply("publish", { id: "id-of-m0" });
  for (let refused = 0; refused < 20; refused++) {
    world.socket.refuse("publish", "rate_limited", { retry_after_ms: 700 });
  }
  assert.equal(world.socket.ofType("publish").length, 21, "nothing is sent meanwhile");
  world.clock.pass(699);
  assert.equal(world.socket.ofType("publish").length, 21);
  world.clock.pass(1);
  const sent = () => world.socket.ofType("publish").map(({ message }) => message);
  assert.deepEqual(sent().slice(21), texts.slice(1, 21));
  while (sent().length < 21 + 29) world.socket.reply("publish", { id: "id" });
  assert.deepEqual(sent().slice(21), texts.slice(1));
  for (let left = 0; left < 20; left++) world.socket.reply("publish", { id: "id" });
  assert.equal((await Promise.all(all)).length, 30);
});

Deno.test("publish() is not given up however often it must wait, and ends with the client", async () => {
  const world = start();
  world.online();
  const waiting = world.client.publish("lobby", "Hi");
  for (let tries = 0; tries < 10; tries++) {
    world.socket.refuse("publish", "rate_limited", { retry_after_ms: 700 });
    world.clock.pass(700);
  }
  world.socket.refuse("publish", "rate_limited");
  world.client.close();
  await assert.rejects(waiting, { code: "closed" });
});

Deno.test("publish() rejects what waits when the server says not to come back", async () => {
  using world = start();
  world.online();
  const waiting = world.client.publish("lobby", "Hi");
  world.socket.drop(3509, "frame is too big");
  await assert.rejects(waiting, (error) => {
    assert.ok(error instanceof NotifyliError);
    return error.code === "stopped" && error.message.includes("3509 frame is too big");
  });
  await assert.rejects(world.client.publish("lobby", "Hi"), { code: "stopped" });
});

function sentId(world: World, index: number): string {
  return String(world.socket.ofType("publish")[index]?.id);
}
