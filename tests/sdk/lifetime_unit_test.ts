/** What ends subscriptions by itself, with a server of the test's own; `page_elements_test.ts` has the elements. */
import assert from "node:assert/strict";
import { published, start, topicData, watchTopic } from "../support/client_world.ts";

Deno.test("topic() ends with its signal, also before anything was asked", () => {
  using world = start();
  const abort = new AbortController();
  const { signal } = abort;
  watchTopic(world.client, { id: 1 }, { signal: AbortSignal.abort() });
  watchTopic(world.client, { id: 2 }, { signal });
  world.client.subscribe("a", () => {}, { signal: AbortSignal.abort() });
  world.client.subscribe("b", () => {}, { signal });
  abort.abort();
  world.online();
  assert.deepEqual(world.socket.ofType("subscribe"), []);
  const later = new AbortController();
  const { messages } = watchTopic(world.client, {}, later);
  const heard: unknown[] = [];
  world.client.subscribe("lobby", () => heard.push(1), later);
  world.socket.reply("subscribe", topicData(1, 0));
  later.abort();
  world.socket.receive(published(1, [1]));
  assert.deepEqual([messages, heard], [[], []]);
  assert.deepEqual(world.socket.ofType("unsubscribe"), [
    { type: "unsubscribe", sub: 1 },
    { type: "unsubscribe", room: "lobby" },
  ]);
});

Deno.test("topic() and subscribe() leave nothing behind at a signal that outlives them", () => {
  const { signal, listening } = countedSignal();
  {
    using world = start();
    world.online();
    const topic = watchTopic(world.client, {}, { signal });
    const room = world.client.subscribe("lobby", () => {}, { signal });
    assert.equal(listening(), 2);
    topic.subscription.unsubscribe();
    room.unsubscribe();
    assert.equal(listening(), 0);
    watchTopic(world.client, {}, { signal });
    world.client.subscribe("lobby", () => {}, { signal });
    assert.equal(listening(), 2);
  }
  assert.equal(listening(), 0, "the client was closed");
});

Deno.test("topic() and subscribe() take an element only where there is a page", () => {
  using world = start();
  world.online();
  const element = { isConnected: true, ownerDocument: {}, getRootNode: () => ({}) };
  const subscribe = (element: never) => [
    () => world.client.topic("T", () => {}, { element }),
    () => world.client.subscribe("lobby", () => {}, { element }),
  ];
  for (const each of subscribe(null as never)) assert.throws(each, /null is no element/);
  for (const each of subscribe(element as never)) assert.throws(each, /there is no page here/);
  assert.deepEqual(world.socket.ofType("subscribe"), []);
});

/** A signal that says how many listen to it. */
function countedSignal() {
  const { signal } = new AbortController();
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...listener: Parameters<typeof addEventListener>) => {
    count++;
    addEventListener.apply(signal, listener);
  };
  signal.removeEventListener = (...listener: Parameters<typeof removeEventListener>) => {
    count--;
    removeEventListener.apply(signal, listener);
  };
  return { signal, listening: () => count };
}
