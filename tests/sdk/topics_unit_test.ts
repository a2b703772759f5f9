/** Topics of the library with a server of the test's own: who gets what, what was missed, and what comes in between. */
import assert from "node:assert/strict";
import type { TopicFilter, TopicMessage } from "../../lib/sdk/mod.ts";
import type { FakeSocket } from "../support/fake_network.ts";
import {
  EPOCH,
  offsets,
  published,
  start,
  topicData,
  watchTopic,
  type World,
} from "../support/client_world.ts";

const ASKED = { type: "subscribe", topic: "T", replay: true };
const BY_FIVE = { ...ASKED, filter: { id: 5 } };

Deno.test("topic() hands on what the server says matches, first the last one from before", () => {
  using world = start();
  world.online();
  const { messages, subscription, taken } = watchTopic(world.client, { id: 5 });
  assert.deepEqual(world.socket.ofType("subscribe"), [BY_FIVE]);
  world.socket.reply("subscribe", topicData(1, 7, {}, [published(4, [1], { replay: true })]));
  world.socket.receive(published(9, [1]), published(12, [2]), published(15, [1]));
  assert.deepEqual(messages.map(({ offset, replay }) => [offset, replay]), [
    [4, true],
    [9, false],
    [15, false],
  ]);
  assert.deepEqual(messages[1], {
    topic: "T",
    data: { id: 5 },
    id: "t-9",
    offset: 9,
    timestamp: 1_700_000_000,
    replay: false,
  });
  assert.deepEqual(subscription.position, { offset: 15, epoch: EPOCH });
  assert.deepEqual([subscription.topic, subscription.filter, taken()], ["T", { id: 5 }, 1]);
});

Deno.test("topic() takes the filter or not, and no last message where it is not asked to", () => {
  using world = start();
  world.online();
  const ids: unknown[] = [];
  world.client.topic("T", ({ data }) => ids.push(data["id"]), { replay: false });
  world.client.topic("U", {}, () => {});
  world.client.topic("V", null, () => {}, { since: { offset: 3, epoch: EPOCH } });
  assert.deepEqual(world.socket.ofType("subscribe"), [
    { type: "subscribe", topic: "T" },
    { type: "subscribe", topic: "U", replay: true },
    { type: "subscribe", topic: "V", replay: true, since: { offset: 3, epoch: EPOCH } },
  ]);
  world.socket.reply("subscribe", topicData(1, 0));
  world.socket.receive(published(1, [1]));
  assert.deepEqual(ids, [5]);
});

Deno.test("topic() refuses filters of which nothing, or all, would match", () => {
  using world = start();
  world.online();
  const subscribe = (filter: unknown) => () =>
    world.client.topic("T", filter as TopicFilter, () => {});
  const message = /topic 'T': 'id' of the filter must be .*, not (undefined|NaN|\{"a":1\}|5)$/;
  for (const id of [undefined, NaN, { a: 1 }, 5n]) {
    assert.throws(subscribe({ id }), { name: "TypeError", message });
  }
  assert.throws(subscribe([5]), /the filter must be an object/);
  assert.throws(() => world.client.topic("T", {}, undefined as never), /the handler is undefined/);
  assert.deepEqual(world.socket.ofType("subscribe"), []);
});

Deno.test("topic() shares what is alike, and gives who comes later the last message", async () => {
  using world = start();
  world.online();
  const first = watchTopic(world.client, { id: 5, a: "x" });
  world.socket.reply("subscribe", topicData(1, 3));
  world.socket.receive(published(4, [1]));
  const second = watchTopic(world.client, { a: "x", id: 5 });
  const third = watchTopic(world.client, { a: "x", id: 5 }, { replay: false });
  await undefined;
  assert.equal(world.socket.ofType("subscribe").length, 1);
  assert.deepEqual(second.messages.map(({ offset, replay }) => [offset, replay]), [[4, true]]);
  world.socket.receive(published(5, [1]));
  const all = [first, second, third];
  assert.deepEqual(all.map(({ messages }) => offsets(messages)), [[4, 5], [4, 5], [5]]);
  assert.deepEqual(all.map(({ taken }) => taken()), [1, 1, 1]);
  for (const { subscription } of [first, second, second]) subscription.unsubscribe();
  world.socket.receive(published(6, [1]));
  assert.deepEqual(all.map(({ messages }) => offsets(messages)), [[4, 5], [4, 5], [5, 6]]);
  assert.deepEqual(world.socket.ofType("unsubscribe"), []);
  third.subscription.unsubscribe();
  assert.deepEqual(world.socket.ofType("unsubscribe"), [{ type: "unsubscribe", sub: 1 }]);
});

Deno.test("topic() does not share where the filter, the token or the beginning is another", () => {
  using world = start();
  world.online();
  const since = { offset: 1, epoch: EPOCH };
  const token = () => "x";
  const filters: TopicFilter[] = [{ id: 5 }, { id: "5" }, { id: 5, a: null }];
  for (const filter of filters) watchTopic(world.client, filter);
  watchTopic(world.client, { id: 5 }, { token });
  watchTopic(world.client, { id: 5 }, { token, since });
  watchTopic(world.client, { id: 6 }, { replay: false });
  watchTopic(world.client, { id: 6 }); // the other one does not know the last message
  watchTopic(world.client, { id: 6 }, { replay: false });
  assert.deepEqual(world.socket.ofType("subscribe"), [
    BY_FIVE,
    { ...ASKED, filter: { id: "5" } },
    { ...ASKED, filter: { id: 5, a: null } },
    { ...BY_FIVE, token: "x" },
    { ...BY_FIVE, token: "x", since },
    { type: "subscribe", topic: "T", filter: { id: 6 } },
    { ...ASKED, filter: { id: 6 } },
  ]);
});

Deno.test("topic() hands what matches several filters to each of them once", () => {
  using world = start();
  world.online();
  const all = [watchTopic(world.client), watchTopic(world.client, { id: 5 })];
  const other = watchTopic(world.client, { id: 6 });
  for (const sub of [1, 2, 3]) world.socket.reply("subscribe", topicData(sub, 3));
  world.socket.receive(published(4, [1, 2, 2]), published(4, [1, 2]));
  assert.deepEqual(all.map(({ messages }) => offsets(messages)), [[4], [4]]);
  assert.deepEqual(other.messages, []);
});

Deno.test("topic() goes on from its position, which the server's word moves, too", () => {
  using world = start();
  world.online();
  const { messages, gaps, subscription } = watchTopic(world.client, { id: 5 });
  const since = (offset: number) => [{ ...BY_FIVE, since: { offset, epoch: EPOCH } }];
  world.socket.reply("subscribe", topicData(1, 7));
  world.comeBack();
  assert.deepEqual(world.socket.ofType("subscribe"), since(7));
  world.socket.receive({ type: "position", topic: "T", offset: 900, epoch: EPOCH }); // not ours yet
  world.socket.reply("subscribe", topicData(4, 20, { recovered: true }, [published(11, [4])]));
  assert.deepEqual(subscription.position, { offset: 20, epoch: EPOCH });
  world.socket.receive(published(30, [4]), published(31, [1]));
  world.socket.receive({ type: "position", topic: "U", offset: 400, epoch: EPOCH });
  world.socket.receive({ type: "position", topic: "T", offset: 500, epoch: EPOCH });
  assert.deepEqual(offsets(messages), [11, 30]);
  assert.deepEqual(messages.map(({ replay }) => replay), [false, false]);
  world.comeBack();
  assert.deepEqual(world.socket.ofType("subscribe"), since(500));
  world.socket.reply("subscribe", topicData(1, 510, { recovered: true }));
  assert.deepEqual(gaps, []);
});

Deno.test("topic() with a filter that rarely matches goes on from what came for another one", () => {
  using world = start();
  world.online();
  const [often, rarely] = [
    watchTopic(world.client, { id: 5 }),
    watchTopic(world.client, { id: 6 }),
  ];
  const other = world.client.topic("U", () => {});
  for (const sub of [1, 2]) world.socket.reply("subscribe", topicData(sub, 0));
  world.socket.reply("subscribe", { ...topicData(3, 0), topic: "U" });
  world.socket.receive(published(900, [1])); // the server says no position to a connection that got this
  world.socket.receive(published(950, [])); // as another tab has it
  assert.deepEqual(offsets(often.messages), [900]);
  assert.deepEqual(rarely.messages, []);
  assert.equal(other.position?.offset, 0);
  world.comeBack();
  const asked = world.socket.ofType("subscribe").map(({ topic, since }) => [topic, since]);
  const since = (offset: number) => ({ offset, epoch: EPOCH });
  assert.deepEqual(asked, [["T", since(950)], ["T", since(950)], ["U", since(0)]]);
});

Deno.test("topic() says aloud what cannot be made up for, and hands on the last message if it is new", () => {
  for (const reason of ["epoch", "expired", "too_many"] as const) {
    using world = start();
    world.online();
    const { messages, gaps } = watchTopic(world.client);
    const quiet = watchTopic(world.client, {}, { replay: false });
    world.socket.reply("subscribe", topicData(1, 7, {}, [published(6, [1], { replay: true })]));
    const epoch = reason === "epoch" ? "e2" : EPOCH;
    const last = (offset: number) => [published(offset, [1], { replay: true })];
    world.comeBack();
    world.socket.reply("subscribe", topicData(1, 20, { reason, epoch }, last(18)));
    assert.deepEqual(gaps, [{
      reason,
      since: { offset: 7, epoch: EPOCH },
      now: { offset: 20, epoch },
    }]);
    world.comeBack();
    world.socket.reply("subscribe", topicData(1, 30, { reason: "expired", epoch }, last(18)));
    assert.deepEqual(offsets(messages), [6, 18]);
    assert.deepEqual([gaps.length, quiet.gaps.length, quiet.messages], [2, 2, []]);
  }
});

Deno.test("topic() does not hand on again what an earlier program had up to its position", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchTopic(world.client, {}, { since: { offset: 7, epoch: EPOCH } });
  const last = published(6, [1], { replay: true });
  world.socket.reply("subscribe", topicData(1, 90, { reason: "expired" }, [last]));
  assert.deepEqual([messages, gaps.length], [[], 1]);
  world.comeBack();
  world.socket.reply("subscribe", topicData(1, 0, { reason: "epoch", epoch: "e2" }, [last]));
  assert.deepEqual(offsets(messages), [6]);
});

Deno.test("topic() says that a topic without a history cannot be resumed", () => {
  using world = start();
  world.online();
  const { messages, gaps } = watchTopic(world.client);
  const { offset: _, ...unplaced } = published(1, [1]);
  const data = { topic: "T", sub: 1, recovered: false, reason: "no_history", publications: [] };
  world.socket.reply("subscribe", data);
  world.socket.receive(unplaced, { ...unplaced, id: "second" });
  assert.deepEqual(messages.map(({ id }) => id), ["t-1", "second"]);
  world.comeBack();
  assert.deepEqual(world.socket.ofType("subscribe"), [ASKED]);
  world.socket.reply("subscribe", data);
  assert.deepEqual(gaps, [{ reason: "no_history", since: undefined, now: undefined }]);
});

Deno.test("topic() hands on what begins anew without a word, and what has an id from before", () => {
  using world = start();
  world.online();
  const { messages } = watchTopic(world.client);
  world.socket.reply("subscribe", topicData(1, 7));
  world.socket.receive(published(8, [1]), published(8, [1]), published(9, [1], { id: "t-8" }));
  world.socket.receive(published(1, [1]));
  assert.deepEqual(offsets(messages), [8, 9, 1]);
});

Deno.test("topic() ends on the server what was given up before the answer", () => {
  using world = start();
  world.online();
  const { subscription, messages } = watchTopic(world.client);
  subscription.unsubscribe();
  assert.deepEqual(world.socket.ofType("unsubscribe"), [], "its number is not known yet");
  const again = watchTopic(world.client);
  world.socket.reply("subscribe", topicData(1, 7, {}, [published(6, [1], { replay: true })]));
  world.socket.receive(published(8, [1]));
  assert.deepEqual([messages, again.messages], [[], []]);
  assert.deepEqual(world.socket.ofType("unsubscribe"), [{ type: "unsubscribe", sub: 1 }]);
  world.socket.reply("subscribe", topicData(2, 8));
  world.socket.receive(published(9, [2]));
  assert.deepEqual(offsets(again.messages), [9]);
});

Deno.test("topic() asks again where the answer was lost, and not for what ended meanwhile", () => {
  using world = start();
  const early = watchTopic(world.client, { id: 4 });
  early.subscription.unsubscribe();
  watchTopic(world.client, { id: 5 });
  world.online();
  const late = watchTopic(world.client, { id: 6 });
  assert.deepEqual(world.socket.ofType("subscribe"), [BY_FIVE, { ...ASKED, filter: { id: 6 } }]);
  world.socket.drop(1006);
  late.subscription.unsubscribe();
  world.clock.pass(1_000);
  world.online();
  assert.deepEqual(world.socket.ofType("subscribe"), [BY_FIVE]);
  assert.deepEqual(world.socket.ofType("unsubscribe"), []);
});

Deno.test("topic() asks for a token anew on each connection, and uses none that comes late", async () => {
  using world = start();
  world.online();
  const { asked, give, token } = tokens();
  watchTopic(world.client, { id: 5 }, { token });
  assert.deepEqual(asked, [["T", { id: 5 }]]);
  const first = world.socket;
  world.comeBack();
  await give("late");
  await give("second");
  assert.deepEqual(first.ofType("subscribe"), []);
  assert.deepEqual(world.socket.ofType("subscribe"), [{ ...BY_FIVE, token: "second" }]);
  world.socket.reply("subscribe", topicData(1, 7));
  world.comeBack();
  await give("third");
  assert.deepEqual(tokensIn(world.socket), ["third"]);
  assert.equal(asked.length, 3);
});

Deno.test("topic() asks for nothing where it ends while a token is got", async () => {
  using world = start();
  world.online();
  const { give, token } = tokens();
  const { subscription } = watchTopic(world.client, {}, { token });
  subscription.unsubscribe();
  await give("one");
  assert.deepEqual(world.socket.ofType("subscribe"), []);
  assert.equal(timersOf(world), timersOf(idle()));
});

Deno.test("topic() asks for another token once where one has expired on the way", async () => {
  using world = start();
  world.online();
  const { give, token } = tokens();
  const { errors } = watchTopic(world.client, {}, { token });
  await give("one");
  world.socket.refuse("subscribe", "expired_token");
  await give("two");
  assert.deepEqual([tokensIn(world.socket), errors], [["one", "two"], []]);
  world.socket.refuse("subscribe", "expired_token");
  assert.deepEqual(errors.map(({ code }) => code), ["expired_token"]);
  world.comeBack();
  await give("three");
  assert.deepEqual(tokensIn(world.socket), ["three"]);
});

Deno.test("topic() asks again where the server or the application cannot help now, after pauses", () => {
  using world = start();
  world.online({ ping: 1_000 });
  let asked = 0;
  const token = () => {
    if (++asked === 2) throw "the application is away";
    return `token-${asked}`;
  };
  const { errors, messages } = watchTopic(world.client, {}, { token });
  world.comeBack();
  assert.deepEqual(tokensIn(world.socket), []);
  world.clock.pass(1_500);
  world.socket.refuse("subscribe", "unavailable");
  world.clock.pass(3_000);
  world.socket.refuse("subscribe", "rate_limited", { retry_after_ms: 500 });
  world.clock.pass(500);
  assert.deepEqual(tokensIn(world.socket), ["token-3", "token-4", "token-4"]);
  world.socket.reply("subscribe", topicData(1, 7));
  world.socket.receive(published(8, [1]));
  assert.deepEqual(errors.map(({ code }) => code), ["no_token", "unavailable"]);
  assert.deepEqual(offsets(messages), [8]);
});

Deno.test("topic() says what the server refuses, and asks again when it is asked to or comes back", () => {
  using world = start();
  world.online({ ping: 1_000 });
  const { errors } = watchTopic(world.client);
  world.socket.refuse("subscribe", "forbidden");
  world.clock.pass(60_000);
  assert.equal(world.socket.ofType("subscribe").length, 1);
  watchTopic(world.client);
  assert.equal(world.socket.ofType("subscribe").length, 2);
  world.socket.refuse("subscribe", "forbidden");
  world.socket.receive({ type: "pong" });
  world.comeBack();
  assert.equal(world.socket.ofType("subscribe").length, 1);
  assert.deepEqual(errors.map(({ code }) => code), ["forbidden", "forbidden"]);
});

Deno.test("topic() goes on after a handler that throws, ends it, or subscribes itself", async () => {
  using world = start();
  world.online();
  const seen: unknown[] = [];
  world.client.on("error", ({ cause }) => seen.push(cause));
  const nested: TopicMessage[] = [];
  const subscription = world.client.topic("T", ({ offset }) => {
    seen.push(offset);
    if (offset === 1) throw "a fit";
    if (offset === 2) world.client.topic("T", (message) => nested.push(message));
    if (offset === 3) subscription.unsubscribe();
  });
  world.socket.reply("subscribe", topicData(1, 0));
  world.socket.receive(published(1, [1]), published(2, [1]));
  await undefined;
  world.socket.receive(published(3, [1]), published(4, [1]));
  assert.deepEqual(seen, [1, "a fit", 2, 3]);
  assert.deepEqual(offsets(nested), [2, 3, 4]);
});

/** A source of tokens that a test gives when it likes, in the order in which they were asked for. */
function tokens() {
  const asked: unknown[] = [];
  const waiting: ((token: string) => void)[] = [];
  const token = (...about: unknown[]) => {
    asked.push(about);
    return new Promise<string>((resolve) => waiting.push(resolve));
  };
  const give = async (text: string) => {
    waiting.shift()?.(text);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { asked, give, token };
}

function tokensIn(socket: FakeSocket): unknown[] {
  return socket.ofType("subscribe").map(({ token }) => token);
}

/** A client that does nothing. */
function idle(): World {
  const world = start();
  world.online();
  return world;
}

function timersOf(world: World): number {
  return world.clock.size;
}
