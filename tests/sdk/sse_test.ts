/** The client library where WebSockets do not pass, through a proxy that refuses them. */
import assert from "node:assert/strict";
import { connect, type Gap, type Message, type Notification } from "../../lib/sdk/mod.ts";
import { Program } from "../support/program.ts";
import { Proxy } from "../support/proxy.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  Deno.test(`SDK on the ${listener} listener: works where no WebSocket passes`, async () => {
    await using program = await Program.start({ env: { APP_LISTENER: listener } });
    await using proxy = new Proxy(program.port);
    proxy.refusesWebSockets = true;
    using alice = watch(proxy.url, 123);
    using bob = watch(program.webSocketUrl, 7);
    await waitFor("both are in", () => alice.isIn && bob.isIn);
    for (let number = 0; number < 100; number++) {
      await [alice, bob][number % 2]?.client.publish("lobby", `m${number}`);
    }
    await notify(program, "Order shipped!");
    await waitFor("she has it", () => alice.notifications.length === 1);
    assert.equal(await alice.client.notifications.markRead("all"), 0);
    await waitFor("both have all", () => alice.messages.length + bob.messages.length === 200);
    assert.deepEqual(alice.messages, bob.messages);
    const presence = await fetch(`${program.url}/api/rooms/lobby/connections`);
    assert.match(await presence.text(), /"user_id":123/);
    assert.equal(proxy.webSockets, 0);
    alice.client.close();
    await waitFor("the server knows that she has left", async () => {
      return (await (await fetch(`${program.url}/api/stats`)).json()).clients === 1;
    });
  });
}

Deno.test("SDK: no change of transport loses or doubles anything", async () => {
  await using program = await Program.start();
  await using proxy = new Proxy(program.port);
  let aheadMs = 0;
  const clock = {
    now: () => Date.now() + aheadMs,
    after(ms: number, callback: () => void) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
  using alice = watch(proxy.url, 123, { clock });
  let timesOnline = 0;
  alice.client.on("state", ({ kind }) => {
    if (kind === "online") timesOnline++;
    if (kind === "waiting") queueMicrotask(() => alice.client.reconnect()); // without a pause
  });
  using bob = watch(program.webSocketUrl, 7);
  await waitFor("both are in", () => alice.isIn && bob.isIn);
  const publishing: Promise<unknown>[] = [];
  const sent: string[] = [];
  for (let round = 0; round < 10; round++) {
    const webSockets = proxy.webSockets;
    const before = alice.messages.length;
    aheadMs += 600_000; // so that a WebSocket is tried again
    for (let number = 0; number < 20; number++) {
      const { client } = number % 2 === 0 ? alice : bob;
      const published = client.publish("lobby", `${round}-${number}`);
      published.catch(() => {}); // it is waited for below
      publishing.push(published);
    }
    sent.push(await notify(program, `n${round}`));
    await waitFor("Alice hears something", () => alice.messages.length > before);
    proxy.refusesWebSockets = round % 2 === 0;
    const timesBefore = timesOnline;
    proxy.cut();
    await waitFor("she is back", () => timesOnline > timesBefore);
    assert.equal(proxy.webSockets > webSockets, round % 2 === 1, "by the other transport");
    sent.push(await notify(program, `n${round}, after`));
  }
  await Promise.all(publishing);
  await waitFor("both have all", () => alice.messages.length + bob.messages.length >= 400);
  assert.deepEqual(alice.messages.map(({ id }) => id), bob.messages.map(({ id }) => id));
  assert.equal(new Set(alice.messages.map(({ message }) => message)).size, 200);
  await waitFor("all notifications are there", () => alice.notifications.length >= sent.length);
  assert.deepEqual(alice.notifications.map(({ id }) => id), sent);
  assert.deepEqual([alice.gaps, bob.gaps], [[], []]);
});

/** A client that is in the lobby, with all it was told. */
function watch(url: string, userId: number, environment = {}) {
  const client = connect({ url, userId, environment });
  const messages: Message[] = [];
  const notifications: Notification[] = [];
  const gaps: Gap[] = [];
  client.on("notification", (notification) => notifications.push(notification));
  client.on("gap", (gap) => gaps.push(gap));
  const watched = {
    client,
    messages,
    notifications,
    gaps,
    isIn: false,
    [Symbol.dispose]: () => client.close(),
  };
  const subscription = client.subscribe("lobby", (message) => messages.push(message));
  subscription.on("gap", (gap) => gaps.push(gap));
  subscription.on("subscribed", () => watched.isIn = true);
  return watched;
}

/** Sends user 123 a notification as another system does; resolves with its id. */
async function notify(program: Program, message: string): Promise<string> {
  const response = await fetch(`${program.url}/api/users/123/notifications?from=Shop`, {
    method: "POST",
    body: message,
  });
  assert.equal(response.status, 201, await response.clone().text());
  return (await response.json()).id;
}
