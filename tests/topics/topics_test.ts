/** Topics: what is published comes to those whose filters match, on both listeners and both engines. */
import assert from "node:assert/strict";
import type { Program } from "../support/program.ts";
import type { Frame } from "../support/test_client.ts";
import { clientOf, publishEvent as publish } from "../support/topics.ts";
import { TARGETS } from "../support/engine_target.ts";

for (const [engine, start] of TARGETS) {
  const test = (what: string, run: (program: Program, other: Program) => Promise<void>) =>
    Deno.test(`${engine}: ${what}`, async () => {
      await using target = await start();
      const other = await target.another();
      await run(target.program, other ?? target.program);
      await other?.[Symbol.asyncDispose]();
    });

  test(
    "an event comes once to each connection, for all subscriptions that match",
    async (program, other) => {
      await using one = await clientOf(program, 1);
      await using two = await clientOf(other, 2);
      const subscribed = await one.command("subscribe", { topic: "T", filter: { id: 5 } });
      const { epoch, ...rest } = subscribed;
      assert.match(String(epoch), /^\w{8}$/);
      assert.deepEqual(rest, {
        ...{ topic: "T", sub: 1, offset: 0, recovered: false, reason: "new", publications: [] },
      });
      assert.equal((await one.command("subscribe", { topic: "T" }))["sub"], 2);
      assert.equal((await one.command("subscribe", { topic: "T", filter: { id: 6 } }))["sub"], 3);
      await two.command("subscribe", { topic: "T", filter: { id: "5" } });
      await two.command("subscribe", { topic: "T", filter: { id: 5, by: null } });
      const published = await publish(other, "T", { data: { id: 5, by: 3 }, id: "event-0001" });
      assert.deepEqual(published, {
        status: 201,
        json: { id: "event-0001", topic: "T", offset: 1, epoch },
      });
      assert.equal(
        (await publish(program, "T", { data: { id: 5 }, id: "event-0001" })).status,
        200,
      );
      await publish(program, "T", { data: { id: 6 } });
      await publish(program, "T", { data: { id: 5, by: null, more: [1] } });
      const counts = await Promise.all(
        [...new Set([program, other])].map(async ({ url }) =>
          (await (await fetch(`${url}/api/stats`)).json()).topic_publications
        ),
      );
      assert.equal(counts.reduce((sum, count) => sum + count, 0), 3, "the second one was there");
      const frames = (await one.get("event", 3)).map(({ timestamp, ...frame }) => {
        assert.equal(typeof timestamp, "number");
        return frame;
      });
      const ids = frames.map(({ id }) => id);
      assert.deepEqual(frames, [
        {
          offset: 1,
          type: "event",
          topic: "T",
          id: "event-0001",
          data: { id: 5, by: 3 },
          subs: [1, 2],
        },
        { offset: 2, type: "event", topic: "T", id: ids[1], data: { id: 6 }, subs: [2, 3] },
        {
          ...{ offset: 3, type: "event", topic: "T", id: ids[2] },
          ...{ data: { id: 5, by: null, more: [1] }, subs: [1, 2] },
        },
      ]);
      const others = await two.get("event");
      assert.deepEqual(others.map(({ offset, subs }) => [offset, subs]), [[3, [2]]]);
      assert.deepEqual(await one.command("unsubscribe", { sub: 2 }), { topic: "T", sub: 2 });
      await publish(program, "T", { data: { id: 6 } });
      assert.deepEqual((await one.get("event", 4))[3]?.["subs"], [3]);
      assert.deepEqual(await one.command("unsubscribe", { topic: "T" }), {
        topic: "T",
        subs: [1, 3],
      });
      await publish(program, "T", { data: { id: 6 } });
      await two.settled();
      assert.equal(one.ofType("event").length, 4);
      assert.equal(two.ofType("event").length, 1);
      await assert.rejects(one.command("unsubscribe", { sub: 3 }), /^Error: not_found: /);
      await assert.rejects(one.command("unsubscribe", { topic: "T" }), /^Error: not_found: /);
    },
  );

  test("a client that comes back gets exactly what it missed", async (program, other) => {
    await using first = await clientOf(program, 1);
    await first.command("subscribe", { topic: "T", filter: { id: 5 } });
    const { epoch, offset } = (await publish(other, "T", { data: { id: 5 } })).json;
    await first.get("event");
    await first.close();
    for (let n = 0; n < 10; n++) await publish(program, "T", { data: { id: n % 2 ? 5 : 6, n } });
    await using again = await clientOf(other, 1);
    const since = { offset, epoch };
    const data = await again.command("subscribe", { topic: "T", filter: { id: 5 }, since });
    const { publications, ...rest } = data;
    assert.deepEqual(rest, { topic: "T", sub: 1, offset: 11, epoch, recovered: true });
    const missed = publications as Frame[];
    assert.deepEqual(
      missed.map(({ type, offset, data, subs }) => [type, offset, Object(data).n, subs]),
      [1, 3, 5, 7, 9].map((n) => ["event", n + 2, n, [1]]),
    );
    const replayed = await again.command("subscribe", {
      topic: "T",
      filter: { id: 6 },
      replay: true,
    });
    const [last, ...more] = replayed["publications"] as Frame[];
    assert.deepEqual(more, []);
    assert.deepEqual([last?.["offset"], last?.["replay"], last?.["subs"]], [10, true, [2]]);
    const none = await again.command("subscribe", { topic: "T", filter: { id: 7 }, replay: true });
    assert.deepEqual(none["publications"], []);
    const late = await again.command("subscribe", {
      ...{ topic: "T", filter: { id: 5 }, replay: true, since: { offset: 3, epoch: "no" } },
    });
    assert.deepEqual([late["recovered"], late["reason"]], [false, "epoch"]);
    assert.deepEqual((late["publications"] as Frame[]).map(({ offset }) => offset), [11]);
  });
}
