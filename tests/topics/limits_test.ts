/** The limits of topics, which `docs/limits.md` lists: each is reached, told by its code, and counted. */
import assert from "node:assert/strict";
import { Program } from "../support/program.ts";
import { clientOf, publishEvent } from "../support/topics.ts";

for (const listener of ["deno", "node"]) {
  Deno.test(`limits of topics on the ${listener} listener`, async (test) => {
    await using program = await Program.start({
      env: {
        APP_LISTENER: listener,
        APP_LIMIT_SUBSCRIPTIONS: "4",
        APP_LIMIT_FILTERS: "2",
        APP_LIMIT_ROOM: "10",
        APP_LIMIT_DATA: "100",
        APP_RATE_PUBLISH: "1/6",
      },
    });
    await using client = await clientOf(program, 1);
    const subscribe = (fields: object) => client.command("subscribe", { topic: "T", ...fields });

    await test.step("sets of keys that a topic is filtered by", async () => {
      await subscribe({ filter: { a: 1 } });
      await subscribe({ filter: { a: 2, b: 1 } });
      await subscribe({ filter: { b: 7, a: 1 } });
      const refused = /^Error: too_many_filters: Cannot filter by \["b"\]: .* by 2 other sets/;
      await assert.rejects(subscribe({ filter: { b: 1 } }), refused);
      await client.command("unsubscribe", { sub: 1 });
      await subscribe({ filter: { b: 1 } });
    });

    await test.step("subscriptions of a client", async () => {
      await subscribe({ topic: "U" });
      const refused = /^Error: too_many_subscriptions: .* has 4 subscriptions .* limit is 4$/;
      await assert.rejects(subscribe({ topic: "U" }), refused);
      await client.command("unsubscribe", { topic: "U" });
      await subscribe({ topic: "U" });
    });

    await test.step("names, filters and data", async () => {
      await assert.rejects(subscribe({ topic: "T".repeat(11) }), /^Error: too_long: /);
      await assert.rejects(subscribe({ filter: { x: "é".repeat(600) } }), /^Error: too_long: /);
      await assert.rejects(
        subscribe({ filter: 7 }),
        /^Error: invalid_field: Cannot take field 'filter'/,
      );
      await assert.rejects(client.command("unsubscribe", { sub: "1" }), /invalid_field/);
      const answers = await Promise.all([
        publishEvent(program, "T", { data: { text: "x".repeat(100) } }),
        publishEvent(program, "T", {}),
        publishEvent(program, "T", { data: [1] }),
        publishEvent(program, "T", { data: "text" }),
        publishEvent(program, "T".repeat(11), { data: {} }),
        publishEvent(program, "T", { data: {}, id: "no id!" }),
      ]);
      assert.deepEqual(answers.map(({ status, json }) => [status, json["code"], json["field"]]), [
        [413, "too_long", "data"],
        [400, "missing_field", "data"],
        [400, "invalid_field", "data"],
        [400, "invalid_field", "data"],
        [413, "too_long", "topic"],
        [400, "invalid_field", "id"],
      ]);
    });

    await test.step("events of one caller a second", async () => {
      const codes = [];
      for (let n = 0; n < 12; n++) {
        codes.push((await publishEvent(program, "T", { data: {} })).status);
      }
      assert.ok(codes.includes(201) && codes.includes(429), codes.join());
    });

    await test.step("they are counted", async () => {
      const stats = await (await fetch(`${program.url}/api/stats`)).json();
      assert.partialDeepStrictEqual(stats, {
        ...{ refused_filters: 1, refused_subscriptions: 1, topics: 2, topic_subscriptions: 4 },
      });
      assert.ok(stats.topic_cached > 0);
      await client.close();
      await clientOf(program, 2).then(async (other) => {
        const { topics, topic_subscriptions, topic_cached } =
          await (await fetch(`${program.url}/api/stats`)).json();
        assert.deepEqual([topics, topic_subscriptions, topic_cached], [0, 0, 0]);
        await other.close();
      });
    });
  });
}
