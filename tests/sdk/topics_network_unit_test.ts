/** Handlers of topics see what matches once and in order, whatever the network, the server and the program do. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Gap, TopicMessage, TopicSubscription } from "../../lib/sdk/mod.ts";
import { start } from "../support/client_world.ts";
import { matches, ModelTopic, type TopicStep } from "../support/model_topic.ts";

type Step =
  | TopicStep
  | { do: "watch"; n: number | undefined }
  | { do: "leave"; at: number }
  | { do: "wait"; ms: number }
  /** What is on its way comes through, and a connection that broke is there again. */
  | { do: "settle" }
  | { do: "rest" };

interface Watched {
  readonly filter: { n: number } | undefined;
  readonly subscription: TopicSubscription;
  readonly messages: TopicMessage[];
  readonly gaps: Gap[];
  hasLeft: boolean;
}

const small = fc.nat({ max: 4 });
const STEPS: fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: fc.record({ do: fc.constant("publish"), n: fc.nat({ max: 2 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("up", "down"),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("settle", "rest") }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("watch"), n: fc.constantFrom(0, 1, undefined) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), at: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut"), ups: small, downs: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tell") }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("wait"), ms: fc.constantFrom(1_000, 30_000) }),
  },
];
const FORGET: fc.WeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: fc.record({ do: fc.constant("forget") }),
};

for (const [kept, what] of [[Infinity, "is kept"], [3, "may be lost"]] as const) {
  Deno.test(`handlers see what matches once and in order, where what is published ${what}`, async () => {
    const steps = fc.array(fc.oneof(...STEPS, ...kept === 3 ? [FORGET] : []), {
      minLength: 40,
      maxLength: 80,
    });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        const server = new ModelTopic(kept);
        for (const { filter, messages, gaps, hasLeft } of await play(server, steps)) {
          if (kept === Infinity) assert.deepEqual(gaps, []);
          const seen = messages.map(({ id }) => id);
          const all = server.events.filter((event) => matches(event, filter)).map(({ id }) => id);
          assert.deepEqual(seen, all.filter((id) => seen.includes(id)), "in order, and each once");
          assert.ok(messages.slice(1).every(({ replay }) => !replay || gaps.length > 0));
          if (!hasLeft) assert.equal(seen.at(-1), all.at(-1));
          const here = all.slice(all.indexOf(seen[0] ?? ""), all.indexOf(seen.at(-1) ?? ""));
          const missing = here.filter((id) => !seen.includes(id));
          for (const id of missing) {
            const index = server.events.findIndex((event) => event.id === id);
            const isCovered = gaps.some(({ since, now }) =>
              server.indexOf(since) < index && index <= server.indexOf(now)
            );
            assert.ok(isCovered, `${id} is missing without a word`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
}

/** Plays the steps, then lets everything come to rest, and publishes what matches everything that there is. */
async function play(server: ModelTopic, steps: readonly Step[]): Promise<Watched[]> {
  const world = start({}, { onSocket: (socket) => server.accept(socket) });
  const { clock, client } = world;
  const failures: unknown[] = [];
  client.on("error", (error) => failures.push(error));
  const watched: Watched[] = [];
  const isDone = () => client.state.kind === "online" && clock.size === 1 && !server.isBusy;
  const passAll = () => {
    server.play({ do: "up", count: 1_000 });
    server.play({ do: "down", count: 1_000 });
    clock.pass(isDone() ? 0 : 3_000);
  };
  for (const step of steps) {
    switch (step.do) {
      case "watch": {
        const filter = step.n === undefined ? undefined : { n: step.n };
        const [messages, gaps]: [TopicMessage[], Gap[]] = [[], []];
        const subscription = client.topic("T", filter, (message) => messages.push(message));
        subscription.on("gap", (gap) => gaps.push(gap));
        watched.push({ filter, subscription, messages, gaps, hasLeft: false });
        break;
      }
      case "leave": {
        const one = watched.filter(({ hasLeft }) => !hasLeft)[step.at];
        if (one !== undefined) one.hasLeft = true;
        one?.subscription.unsubscribe();
        break;
      }
      case "wait":
        clock.pass(step.ms);
        break;
      case "settle":
        for (let round = 0; round < 4; round++) passAll();
        break;
      case "rest":
        await Promise.resolve();
        break;
      default:
        server.play(step);
    }
  }
  const rest = async () => {
    for (let round = 0; round < 40 && (round < 3 || !isDone()); round++) {
      passAll();
      await Promise.resolve();
    }
    assert.ok(isDone());
  };
  await rest();
  const present = watched.filter(({ hasLeft }) => !hasLeft);
  const filters = new Set(present.map(({ filter }) => filter?.n));
  assert.equal(server.subs.size, filters.size, "the server has what is wanted, once");
  for (const n of [0, 1]) server.play({ do: "publish", n });
  await rest();
  assert.deepEqual(failures, []);
  client.close();
  assert.equal(clock.size, 0);
  return watched;
}
