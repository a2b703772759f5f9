/** What many who come back at once cost: the history is read once for all of them, over a real engine. */
import assert from "node:assert/strict";
import { Arrival } from "../../lib/core/arrival.ts";
import type { Broker } from "../../lib/core/broker.ts";
import { topicChannel } from "../../lib/core/channel.ts";
import { openEmbedded } from "../../lib/engines/embedded.ts";
import { TopicCache } from "../../lib/topics/cache.ts";
import { filterField } from "../../lib/topics/filter.ts";
import { TopicLog } from "../../lib/topics/log.ts";
import { prepare } from "../../lib/topics/preparing.ts";
import { hasEnough, syncOf } from "../../lib/topics/sync.ts";
import { Topic } from "../../lib/topics/topic.ts";

const EVENTS = 1000;
const HISTORY = { size: EVENTS, seconds: 3600 };
const CHANNEL = topicChannel("default", "T");

/** A topic of a real engine that has its events, and how often its history was read. */
async function topicWith(
  { cacheBytes = Infinity, events = EVENTS, at = now() }: {
    cacheBytes?: number;
    events?: number;
    at?: number;
  },
) {
  const engine = openEmbedded({ dataDir: ":memory:", stored: [] });
  for (let n = 0; n < events; n++) {
    const publication = { kind: "topic_event", id: "-", at, data: { id: n % 100 } };
    await engine.broker.publish(CHANNEL, publication, HISTORY);
  }
  const reads: { since?: number; limit: number }[] = [];
  const broker: Broker = {
    subscribe: (channel) => engine.broker.subscribe(channel),
    unsubscribe: (channel) => engine.broker.unsubscribe(channel),
    publish: (...given) => engine.broker.publish(...given),
    forward: (...given) => engine.broker.forward(...given),
    caughtUp: (channel) => engine.broker.caughtUp(channel),
    forget: (channel) => engine.broker.forget(channel),
    async history(channel, asked) {
      reads.push(asked);
      await world.whileReading();
      return await engine.broker.history(channel, asked);
    },
  };
  const cache = new TopicCache(cacheBytes);
  const topic = new Topic(CHANNEL, HISTORY, { broker, account: cache });
  const world = {
    ...{ topic, reads, cache, broker },
    whileReading: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
  return world;
}

Deno.test("thousands who come back at once have one reading", async () => {
  await using world = await topicWith({});
  const { topic, reads } = world;
  const clients = Array.from({ length: 10_000 }, async (_, n) => {
    await topic.open();
    const { log } = topic;
    assert.ok(log);
    const since = { offset: 50 + n % 900, epoch: log.epoch };
    const asked = { filters: [filterField({ filter: { id: n % 100 } })], since, replay: false };
    if (!hasEnough(log, asked)) await topic.load();
    return { n, since, sync: syncOf(log, asked, { characters: 1e6 }) };
  });
  for (const { n, since, sync } of await Promise.all(clients)) {
    assert.equal(sync.recovered, true);
    const expected = Array.from({ length: EVENTS / 100 }, (_, round) => round * 100 + n % 100 + 1);
    assert.deepEqual(
      sync.events.map(({ offset }) => offset),
      expected.filter((offset) => offset > since.offset),
    );
  }
  assert.equal(reads.length, 1 + EVENTS / 100, JSON.stringify(reads));
});

Deno.test("what a node may not have at hand is too much, and all else comes", async () => {
  await using world = await topicWith({ cacheBytes: 300_000 });
  const { topic } = world;
  await topic.open();
  await topic.load();
  const { log } = topic;
  assert.ok(log?.isWhole && log.isCut);
  const ask = (offset: number) =>
    syncOf(log, {
      filters: [filterField({ filter: { id: 99 } })],
      since: { offset, epoch: log.epoch },
      replay: true,
    }, { characters: 1e6 });
  assert.deepEqual([ask(1).recovered, ask(1).reason], [false, "too_many"]);
  assert.deepEqual(ask(1).events.map(({ offset, isReplay }) => [offset, isReplay]), [[1000, true]]);
  assert.deepEqual(ask(850).events.map(({ offset }) => offset), [900, 1000]);
});

Deno.test("a history that has ended is not gone on from, and more than an answer bears is too much", async () => {
  await using world = await topicWith({ events: 300 });
  const { topic } = world;
  await topic.open();
  await topic.load();
  const { log } = topic;
  assert.ok(log);
  const asked = {
    filters: [filterField({})],
    since: { offset: 10, epoch: log.epoch },
    replay: false,
  };
  const answer = (characters: number) => syncOf(log, asked, { characters });
  assert.equal(answer(1e6).events.length, 290);
  assert.equal(answer(1000).reason, "too_many");
  log.clear();
  assert.equal(hasEnough(log, asked), false);
  log.prepend([], log.version, false);
  assert.equal(answer(1e6).reason, "expired");
});

Deno.test("what a node publishes whose clock is behind is at hand as long as it is read", async () => {
  await using world = await topicWith({ events: 30, at: now() - 2 * HISTORY.seconds });
  const { topic, reads } = world;
  await topic.open();
  const { log } = topic;
  assert.ok(log);
  const since = { offset: 10, epoch: log.epoch };
  const asked = { filters: [filterField({})], since, replay: false };
  await prepare(topic, asked);
  const { recovered, events } = syncOf(log, asked, { characters: 1e6 });
  assert.deepEqual([recovered, events.length], [true, 20]);
  assert.equal(reads.length, 2);
});

Deno.test("what ends while an answer is made is in it", () => {
  const history = { size: EVENTS, seconds: 1e-9 };
  const parts = { name: "T", history, account: new TopicCache(Infinity) };
  const log = new TopicLog(parts, { offset: 2, epoch: "one" });
  const publication = { kind: "topic_event", id: "-", at: now(), data: { id: 1 } };
  assert.equal(log.take({ offset: 3, epoch: "one" }, publication), "next");
  const asked = { filters: [filterField({})], since: { offset: 2, epoch: "one" }, replay: false };
  const { recovered, events } = syncOf(log, asked, { characters: 1e6 });
  assert.deepEqual([recovered, events.map(({ offset }) => offset)], [true, [3]]);
  assert.equal(hasEnough(log, { ...asked, since: { offset: 2, epoch: "one" } }), false);
});

Deno.test("a topic is opened however much arrives meanwhile", async () => {
  await using world = await topicWith({ events: 0 });
  const { topic, broker } = world;
  world.whileReading = async () => {
    for (let n = 0; n < 2 * EVENTS; n++) {
      const publication = { kind: "topic_event", id: "-", at: now(), data: { n } };
      const position = await broker.publish(CHANNEL, publication, HISTORY);
      topic.arrive(new Arrival(CHANNEL, publication, position));
    }
  };
  await topic.open();
  assert.equal(topic.log?.offset, 2 * EVENTS);
});

Deno.test("indexes count for what a node may have at hand", async () => {
  await using world = await topicWith({ cacheBytes: 1_000_000 });
  const { topic, cache } = world;
  await topic.open();
  await topic.load();
  const { log } = topic;
  assert.ok(log);
  const { bytes, length } = log;
  assert.equal(length, EVENTS);
  assert.equal(log.after(0, filterField({ filter: { id: 5 } }), EVENTS).length, EVENTS / 100);
  cache.touch(log);
  assert.ok(log.bytes > bytes, `${log.bytes} bytes, ${bytes} before`);
  const more = Array.from({ length: 20 }, (_, n) => ({ filter: { id: 5, [`no_${n}`]: 1 } }));
  for (const each of more) log.last(filterField(each));
  const indexed = log.bytes;
  cache.touch(log);
  assert.equal(log.bytes, indexed, "these have nothing");
  log.clear();
  assert.equal(log.bytes, 0);
});

function now(): number {
  return Math.floor(Date.now() / 1000);
}
