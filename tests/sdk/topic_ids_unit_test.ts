/** Subscriptions to topics that programs know by an id, with a server of the test's own. */
import assert from "node:assert/strict";
import { published, start, topicData, watchTopic } from "../support/client_world.ts";

Deno.test("topics.subscribe() resolves with an id that ends it, once the server has taken it", async () => {
  using world = start();
  const heard: (number | undefined)[] = [];
  const subscribing = [1, 2, 3].map((id) =>
    world.client.topics.subscribe("T", { id: Math.min(id, 2) }, ({ offset }) => heard.push(offset))
  );
  world.online();
  world.socket.reply("subscribe", topicData(1, 7));
  world.socket.reply("subscribe", topicData(2, 7));
  const ids = await Promise.all(subscribing);
  assert.equal(new Set(ids).size, 3);
  world.socket.receive(published(8, [2]));
  assert.deepEqual(heard, [8, 8]);
  for (const id of [...ids, ...ids, 77]) world.client.topics.unsubscribe(id);
  world.socket.receive(published(9, [1, 2]));
  assert.deepEqual(heard, [8, 8]);
  assert.deepEqual(world.socket.ofType("unsubscribe").map(({ sub }) => sub), [1, 2]);
});

Deno.test("topics.subscribe() waits for the server also where another one was taken before", async () => {
  using world = start();
  world.online();
  watchTopic(world.client);
  world.socket.reply("subscribe", topicData(1, 7));
  world.socket.receive(published(8, [1]));
  world.socket.drop(1006);
  const seen: unknown[] = [];
  const subscribing = world.client.topics.subscribe("T", ({ offset }) => seen.push(offset))
    .then(() => seen.push("taken"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(seen, [8], "what was last is known");
  world.clock.pass(1_000);
  world.online();
  world.socket.reply("subscribe", topicData(1, 9, { recovered: true }, [published(9, [1])]));
  await subscribing;
  assert.deepEqual(seen, [8, 9, "taken"]);
});

Deno.test("topics.subscribe() rejects with what is final, and then has ended", async () => {
  using world = start();
  world.online({ ping: 1_000 });
  const errors: string[] = [];
  world.client.on("error", ({ code }) => errors.push(code));
  const { topics } = world.client;
  const subscribe = (options = {}) => topics.subscribe("T", () => {}, options);
  const refused = assert.rejects(subscribe(), { code: "forbidden" });
  world.socket.refuse("subscribe", "unavailable");
  world.clock.pass(1_500);
  world.socket.refuse("subscribe", "forbidden");
  await refused;
  assert.deepEqual(errors, ["unavailable"]);
  const abort = new AbortController();
  const ended = assert.rejects(subscribe(abort), { code: "ended" });
  abort.abort();
  await ended;
  await assert.rejects(topics.subscribe("T", { id: NaN }, () => {}), TypeError);
  const stopped = assert.rejects(subscribe(), { code: "stopped" });
  world.socket.drop(3501, "the token was refused");
  await stopped;
  await assert.rejects(subscribe(), { code: "stopped" });
  world.client.reconnect();
  world.online();
  assert.deepEqual(world.socket.ofType("subscribe"), []);
  const closed = assert.rejects(subscribe(), { code: "closed" });
  world.client.close();
  await closed;
  await assert.rejects(subscribe(), { code: "closed" });
  assert.throws(() => world.client.topic("T", () => {}), { code: "closed" });
});
