/** Topics in streams of events, on both listeners: filters pair with topics, and a browser that comes back misses nothing. */
import assert from "node:assert/strict";
import { EventStream } from "../support/event_stream.ts";
import { Program } from "../support/program.ts";
import type { Frame } from "../support/test_client.ts";
import { publishEvent } from "../support/topics.ts";
import { waitFor } from "../support/wait.ts";

for (const listener of ["deno", "node"]) {
  const test = (what: string, run: (program: Program) => Promise<void>) =>
    Deno.test(`topics by SSE on the ${listener} listener: ${what}`, async () => {
      const env = { APP_LISTENER: listener, APP_TOPIC_HISTORY: "few=4/3600, none=0/1, *=100/3600" };
      await using program = await Program.start({ env });
      await run(program);
    });

  test("filters pair with topics, and a client that comes back gets what it missed", async (program) => {
    const query = new URLSearchParams([
      ...[["user_id", "1"], ["room", "lobby"], ["topic", "A"], ["filter", '{"id":5}']],
      ...[["topic", "B"], ["topic", "A"], ["filter", ""], ["filter", '{"by":"x"}']],
    ]);
    const address = `${program.url}/sse?${query}`;
    const first = await EventStream.open(address);
    const [, a, b] = await first.get("subscribed", 3);
    assert.partialDeepStrictEqual(a, { topic: "A", subs: [1, 2], offset: 0, recovered: false });
    assert.partialDeepStrictEqual(b, { topic: "B", subs: [3], offset: 0, recovered: false });
    const publish = async (topic: string, data: object) => {
      assert.equal((await publishEvent(program, topic, { data })).status, 201);
    };
    await publish("A", { id: 5, by: "x" });
    await publish("A", { id: 6 });
    await publish("B", {});
    assert.deepEqual(placesOf(await first.get("event", 2)), [["A", 1, [1, 2]], ["B", 1, [3]]]);
    await first[Symbol.asyncDispose]();
    await publish("A", { id: 5 });
    await publish("A", { id: 7 });
    await publish("A", { by: "x" });
    await publish("A", { id: 7 });
    await publish("B", {});

    const second = await EventStream.open(address, first.lastEventId);
    const [, again] = await second.get("subscribed", 3);
    assert.partialDeepStrictEqual(again, { topic: "A", subs: [1, 2], offset: 6, recovered: true });
    assert.deepEqual(placesOf(await second.get("event", 3)), [
      ["A", 3, [1]],
      ["A", 5, [2]],
      ["B", 2, [3]],
    ]);
    await second[Symbol.asyncDispose]();
    await using third = await EventStream.open(address, second.lastEventId);
    const told = await third.get("subscribed", 3);
    assert.deepEqual(told.slice(1).map(({ recovered, offset }) => [recovered, offset]), [
      [true, 6],
      [true, 2],
    ]);
    await publish("A", { id: 5 });
    assert.deepEqual(placesOf(await third.get("event")), [["A", 7, [1]]]);
  });

  test("a stream whose filter rarely matches still knows how far the topic is", async (program) => {
    const address = `${program.url}/sse?user_id=1&topic=few&filter={"id":1}`;
    await using stream = await EventStream.open(address);
    await stream.get("subscribed");
    for (let n = 0; n < 4; n++) await publishEvent(program, "few", { data: { id: 2 } });
    await waitFor("it is told", () => stream.ofType("position").some(({ offset }) => offset === 4));
    for (let n = 0; n < 3; n++) await publishEvent(program, "few", { data: { id: n } });
    await stream.get("event");
    const { lastEventId } = stream;
    await using again = await EventStream.open(address, lastEventId);
    const [told] = await again.get("subscribed");
    assert.partialDeepStrictEqual(told, { recovered: true, offset: 7 });
  });

  test("a client with as many topics as a stream may have comes back", async (program) => {
    const query = Array.from({ length: 100 }, (_, n) => `topic=${n}`).join("&");
    const address = `${program.url}/sse?user_id=1&${query}&topic=5&topic=6`;
    const first = await EventStream.open(address);
    await first.get("subscribed", 100);
    await publishEvent(program, "5", { data: {} });
    await first.get("event");
    await first[Symbol.asyncDispose]();
    await publishEvent(program, "6", { data: {} });
    await using second = await EventStream.open(address, first.lastEventId);
    const told = await second.get("subscribed", 100);
    assert.ok(told.every(({ recovered }) => recovered === true), JSON.stringify(told));
    const subs = told.find(({ topic }) => topic === "6")?.["subs"];
    assert.deepEqual(placesOf(await second.get("event")), [["6", 1, subs]]);
    const more = await fetch(`${address}&topic=100`);
    assert.equal(more.status, 429);
    assert.partialDeepStrictEqual(await more.json(), {
      code: "too_many_subscriptions",
      field: "topic",
    });
  });

  test("the last event comes again where that is asked for, and nothing of what is not kept", async (program) => {
    await publishEvent(program, "A", { data: { id: 1 } });
    await publishEvent(program, "A", { data: { id: 2 } });
    const query = "user_id=1&topic=A&filter=%7B%22id%22%3A1%7D&topic=none&replay=true";
    await using stream = await EventStream.open(`${program.url}/sse?${query}`);
    const [, none] = await stream.get("subscribed", 2);
    assert.partialDeepStrictEqual(none, { topic: "none", reason: "no_history" });
    const [replayed] = await stream.get("event");
    assert.partialDeepStrictEqual(replayed, { offset: 1, data: { id: 1 }, replay: true });
    const { json } = await publishEvent(program, "none", { data: { id: 3 } });
    assert.equal(json["offset"], undefined);
    const [, live] = await stream.get("event", 2);
    assert.deepEqual([live?.["topic"], live?.["offset"]], ["none", undefined]);
    assert.deepEqual(live?.["subs"], none?.["subs"]);
  });

  test("a wrong query is refused with the field", async (program) => {
    const wrong: [query: string, field: string, message: RegExp][] = [
      ["topic=A&filter=id", "filter", /current value is "id", allowed is JSON such as/],
      ["topic=A&filter=[1]", "filter", /allowed is an object such as/],
      ["topic=A&filter={}&filter={}", "filter", /allowed is one filter for each topic/],
      ["topic=", "topic", /'topic' is empty/],
      ["topic=A&replay=maybe", "replay", /allowed is true or false/],
    ];
    for (const [query, field, message] of wrong) {
      const answer = await fetch(`${program.url}/sse?user_id=1&${query}`);
      const json = await answer.json();
      assert.deepEqual([answer.status, json.field], [400, field], query);
      assert.match(json.message, message);
    }
  });
}

/** Where events belong: their topics, offsets and subscriptions. */
function placesOf(frames: readonly Frame[]): unknown[][] {
  return frames.map(({ topic, offset, subs }) => [topic, offset, subs]);
}
