/** The log of a topic: whatever arrives, is read, and is dropped, it has what a plain list would have, or says that it does not. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { KeptPublication, Publication } from "../../lib/core/publication.ts";
import { TopicCache } from "../../lib/topics/cache.ts";
import { type Filter, filterField, valuesIn } from "../../lib/topics/filter.ts";
import { bytesOf, TopicLog } from "../../lib/topics/log.ts";

const HISTORY = { size: 8, seconds: 3600 };
const FILTERS = [{}, { id: 1 }, { id: 2 }, { id: 1, by: 1 }, { __proto__: null, constructor: 1 }]
  .map((filter) => filterField({ filter }));

const eventData = fc.record({ id: fc.nat(2), by: fc.nat(1) }, { requiredKeys: [] });
const step = fc.oneof(
  { weight: 4, arbitrary: eventData.map((data) => ({ what: "event" as const, data })) },
  { weight: 1, arbitrary: fc.constant({ what: "load" as const }) },
  { weight: 1, arbitrary: fc.constant({ what: "clear" as const }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant("ask" as const), since: fc.nat(30) }) },
);

Deno.test("a log has all that its history has after an offset, once it was read", () => {
  let asked = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 10, maxLength: 60, size: "max" }),
      fc.nat(5),
      (steps, before) => {
        const history: KeptPublication[] = [];
        const append = (data: unknown) => {
          history.push({ offset: history.length + 1, publication: eventWith(data) });
        };
        for (let n = 0; n < before; n++) append({ id: n % 2 });
        const cache = new TopicCache(Infinity);
        const parts = { name: "T", history: HISTORY, account: cache };
        const log = new TopicLog(parts, { offset: before, epoch: "one", past: [] });
        const kept = () => history.slice(-HISTORY.size);
        for (const step of steps) {
          if (step.what === "event") {
            append(step.data);
            const { offset, publication } = history.at(-1)!;
            assert.equal(log.take({ offset, epoch: "one" }, publication), "next");
            assert.equal(log.take({ offset, epoch: "one" }, publication), "known");
          } else if (step.what === "load") {
            log.prepend(kept().filter(({ offset }) => offset < log.first), log.version, false);
          } else if (step.what === "clear") {
            log.clear();
          } else {
            asked++;
            const from = log.isWhole ? 0 : log.first - 1;
            const atHand = kept().filter(({ offset }) => offset > from);
            for (const filter of FILTERS) {
              const matching = atHand.filter((each) => isFor(filter, each));
              assert.deepEqual(
                log.after(step.since, filter, 1000).map(({ offset }) => offset),
                matching.map(({ offset }) => offset).filter((offset) => offset > step.since),
              );
              assert.equal(log.last(filter)?.offset, matching.at(-1)?.offset);
            }
          }
          assert.equal(log.offset, history.length);
          assert.equal(cache.events, log.length);
        }
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(asked > 500, `it was asked ${asked} times`);
});

Deno.test("a log says what does not follow", () => {
  const parts = { name: "T", history: HISTORY, account: new TopicCache(Infinity) };
  const log = new TopicLog(parts, { offset: 5, epoch: "one", past: [{ epoch: "old", offset: 3 }] });
  const event = eventWith({ id: 1 });
  assert.equal(log.take({ offset: 7, epoch: "one" }, event), "gap");
  assert.equal(log.take({ offset: 2, epoch: "two" }, event), "gap");
  assert.equal(log.take({ offset: 5, epoch: "one" }, event), "known");
  assert.equal(log.knows({ offset: 3, epoch: "old" }), true);
  assert.equal(log.knows({ offset: 4, epoch: "old" }), false);
  assert.equal(log.knows({ offset: 6, epoch: "one" }), false);
  assert.equal(log.take({ offset: 1, epoch: "two" }, event), "renewed");
  assert.deepEqual([log.offset, log.epoch, log.first, log.isWhole], [1, "two", 1, true]);
  assert.equal(log.knows({ offset: 3, epoch: "old" }), false);
});

Deno.test("what was read for a log of before is not taken", () => {
  const parts = { name: "T", history: HISTORY, account: new TopicCache(Infinity) };
  const log = new TopicLog(parts, { offset: 2, epoch: "one" });
  const read = [{ offset: 1, publication: eventWith({}) }, {
    offset: 2,
    publication: eventWith({}),
  }];
  const { version } = log;
  log.clear();
  log.prepend(read, version, false);
  assert.deepEqual([log.length, log.isWhole], [0, false]);
  log.prepend(read.slice(0, 1), log.version, false);
  assert.deepEqual([log.length, log.isWhole], [0, false], "there is a hole behind it");
  log.prepend(read, log.version, false);
  assert.deepEqual([log.length, log.isWhole], [2, true]);
});

Deno.test("all logs together have no more at hand than they may, and those that were read last keep theirs", () => {
  const event = eventWith({ id: 1, text: "x".repeat(100) });
  const cache = new TopicCache(6 * bytesOf("T", event));
  const logs = ["a", "b"].map(() =>
    new TopicLog({ name: "T", history: HISTORY, account: cache }, { offset: 0, epoch: "one" })
  );
  const [one, other] = logs as [TopicLog, TopicLog];
  const fill = (log: TopicLog, count: number) => {
    for (let n = 0; n < count; n++) log.take({ offset: log.offset + 1, epoch: "one" }, event);
  };
  fill(one, 3);
  fill(other, 3);
  cache.touch(one);
  fill(one, 1);
  assert.deepEqual([one.length, other.length, cache.events], [4, 0, 4]);
  fill(one, 4);
  assert.deepEqual([one.length, one.isCut, cache.events], [6, true, 6]);
  one.clear();
  assert.equal(cache.events, 0);
});

function isFor(filter: Filter, { publication }: KeptPublication): boolean {
  return valuesIn(publication.data, filter.keys) === filter.wanted;
}

function eventWith(data: unknown): Publication {
  return { kind: "topic_event", id: "-", at: Math.floor(Date.now() / 1000), data };
}
