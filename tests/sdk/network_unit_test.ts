/** Handlers of the library see every message once and in order, whatever network and server do. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Published } from "../../lib/sdk/mod.ts";
import { at, start, watchInbox, watchRoom } from "../support/client_world.ts";
import { ModelServer, type Step } from "../support/model_server.ts";

const small = fc.nat({ max: 5 });
const busy: fc.Arbitrary<Step>[] = [
  fc.record({ do: fc.constantFrom("say", "notify", "publish") }),
  fc.record({ do: fc.constantFrom("up", "down"), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constantFrom("up", "down"), count: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(0, 1_000, 30_000) }),
];
const cut: fc.Arbitrary<Step> = fc.record({ do: fc.constant("cut"), ups: small, downs: small });
const faults: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("lose", "double", "swap"),
  at: small,
});
const forget: fc.Arbitrary<Step> = fc.record({ do: fc.constant("forget") });
const lostSubscribeReply: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "up", count: 1 },
  { do: "lose", at: 0 },
];
const lostEndOfEpoch: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "up", count: 1 },
  { do: "say" },
  { do: "forget" },
  { do: "lose", at: 1 },
];
const forgottenTwice: Step[] = [
  { do: "up", count: 1 },
  { do: "down", count: 1 },
  { do: "say" },
  { do: "up", count: 1 },
  { do: "forget" },
  { do: "say" },
  { do: "forget" },
];

Deno.test("handlers see every message once and in order, whatever the network does", async () => {
  const steps = fc.array(fc.oneof(...busy, cut, faults), { maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      const server = new ModelServer();
      const { seen, gaps, notified, published, wanted } = await play(server, steps);
      assert.deepEqual(gaps, []);
      assert.deepEqual(seen, server.said.map(({ id }) => id));
      assert.deepEqual(notified, server.notified.map(({ id }) => id));
      assert.deepEqual(new Set(notified), server.acked);
      assert.equal(published.length, wanted);
      for (const { id, offset } of published) {
        assert.deepEqual(server.said.filter((each) => each.id === id).map(at), [offset]);
      }
    }),
    { numRuns: 500, examples: [[lostSubscribeReply]] },
  );
});

for (const carriesEpoch of [true, false]) {
  const kind = carriesEpoch ? "a network that does what it likes" : "connections that break";
  Deno.test(`handlers see every message once or a gap that covers it, with a short history and ${kind}`, async () => {
    const more = carriesEpoch ? [cut, faults, forget] : [cut, forget];
    const steps = fc.array(fc.oneof(...busy, ...more), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const server = new ModelServer({ kept: 3, carriesEpoch });
        const { seen, gaps, published, wanted } = await play(server, steps);
        const ids = server.said.map(({ id }) => id);
        assert.deepEqual(seen, ids.filter((id) => seen.includes(id)), "in order, and each once");
        for (const [index, id] of ids.entries()) {
          const isCovered = gaps.some(({ since, now }) =>
            server.indexOf(since) < index && index <= server.indexOf(now)
          );
          assert.ok(
            seen.includes(id) || isCovered || server.isTraceless(id, seen),
            `${id} is missing without a word`,
          );
        }
        assert.equal(published.length, wanted);
      }),
      { numRuns: 500, examples: [[carriesEpoch ? lostEndOfEpoch : forgottenTwice]] },
    );
  });
}

/** Plays the steps, then lets everything come to rest. */
async function play(server: ModelServer, steps: readonly Step[]) {
  const world = start({}, { onSocket: (socket) => server.accept(socket) });
  const { clock, client } = world;
  const notified = watchInbox(client).notifications;
  const { messages, gaps } = watchRoom(client);
  const published: Published[] = [];
  const failures: unknown[] = [];
  let wanted = 0;
  client.on("error", (error) => failures.push(error));
  for (const step of steps) {
    switch (step.do) {
      case "publish":
        wanted++;
        client.publish("lobby", "Hi").then((each) => published.push(each), (e) => failures.push(e));
        break;
      case "wait":
        clock.pass(step.ms);
        break;
      default:
        server.play(step);
    }
  }
  // At rest the next ping is the only timer: no answer is waited for, not even one that was lost.
  const isDone = () =>
    client.state.kind === "online" && clock.size === 1 && published.length === wanted &&
    !server.isBusy;
  // The last of each stream could have been lost without a trace: only the next one tells.
  for (const last of [false, true]) {
    if (last) { for (const what of ["say", "notify"] as const) server.play({ do: what }); }
    for (let round = 0; round < 40 && (round < 3 || !isDone()); round++) {
      server.play({ do: "up", count: 1_000 });
      server.play({ do: "down", count: 1_000 });
      clock.pass(isDone() ? 0 : 3_000);
      await Promise.resolve();
    }
  }
  assert.deepEqual(failures, []);
  client.close();
  assert.equal(clock.size, 0);
  return {
    seen: messages.map(({ id }) => id),
    gaps,
    notified: notified.map(({ id }) => id),
    published,
    wanted,
  };
}
