/** Who gets an event: those whose subscriptions match, each once, however the filters are indexed. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Connection } from "../../lib/core/connection.ts";
import { type Filter, filterField, valuesIn } from "../../lib/topics/filter.ts";
import { Subscribers } from "../../lib/topics/subscribers.ts";

/** The connections are only told apart here. */
const CONNECTIONS = Array.from({ length: 4 }, (_, n) => ({ id: String(n) } as Connection));

const filter = fc.array(
  fc.tuple(fc.constantFrom("a", "b", "__proto__"), fc.constantFrom(1, "1", null)),
  { maxLength: 3 },
).map((entries) => filterField({ filter: JSON.parse(jsonOf(entries)) }));

const data = fc.array(
  fc.tuple(fc.constantFrom("a", "b", "__proto__"), fc.constantFrom(1, "1", null)),
  { maxLength: 4 },
).map((entries) => JSON.parse(jsonOf(entries)));

const step = fc.oneof(
  fc.record({ what: fc.constant("add" as const), connection: fc.nat(3), filter }),
  fc.record({ what: fc.constant("remove" as const), which: fc.nat() }),
  fc.record({ what: fc.constant("event" as const), data }),
);

interface Known {
  readonly connection: Connection;
  readonly sub: number;
  readonly filter: Filter;
}

Deno.test("an event comes once to each connection, with the subscriptions that match", () => {
  let received = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: "max" }), (steps) => {
      const subscribers = new Subscribers();
      const known: Known[] = [];
      let last = 0;
      for (const step of steps) {
        if (step.what === "add") {
          const connection = CONNECTIONS[step.connection]!;
          const added = { connection, sub: ++last, filter: step.filter };
          known.push(added);
          subscribers.add(connection, { ...added, token: undefined }, 0);
        } else if (step.what === "remove" && known.length > 0) {
          const [removed] = known.splice(step.which % known.length, 1);
          subscribers.remove(removed!.connection, removed!.sub);
        } else if (step.what === "event") {
          const expected = new Map<Connection, number[]>();
          for (const { connection, sub, filter } of known) {
            if (valuesIn(step.data, filter.keys) !== filter.wanted) continue;
            expected.set(connection, [...expected.get(connection) ?? [], sub]);
          }
          const found = [...subscribers.matching(step.data).values()];
          received += found.length;
          assert.deepEqual(
            new Map(found.map(({ subscriber, subs }) => [subscriber.connection, subs])),
            expected,
          );
          assert.equal(found.length, expected.size);
          for (const { subs, key } of found) assert.equal(key, subs.join());
        }
        assert.equal(subscribers.count, known.length);
        assert.equal(subscribers.isEmpty, known.length === 0);
      }
      for (const { connection, sub } of known) subscribers.remove(connection, sub);
      assert.equal(subscribers.isEmpty, true);
      subscribers.requirePlaces([filterField({ filter: { new: 1 } })], 1); // no set of keys is left
    }),
    { numRuns: 300 },
  );
  assert.ok(received > 500, `${received} events were received`);
});

Deno.test("another set of keys is refused beyond the limit, and one that is there is not", () => {
  const subscribers = new Subscribers();
  const [connection] = CONNECTIONS;
  const add = (sub: number, filter: object) => {
    const read = filterField({ filter });
    subscribers.requirePlaces([read], 2);
    subscribers.add(connection!, { sub, filter: read, token: undefined }, 0);
  };
  add(1, { id: 1 });
  add(2, { id: 2, by: 1 });
  add(3, { by: 2, id: 7 });
  assert.throws(() => add(4, {}), { code: "too_many_filters" });
  subscribers.remove(connection!, 1);
  const together = (...filters: object[]) =>
    subscribers.requirePlaces(filters.map((filter) => filterField({ filter })), 2);
  assert.throws(() => together({}, { c: 1 }), { code: "too_many_filters" });
  together({ c: 1 }, { id: 3, by: 3 }, { c: 2 });
  add(4, {});
});

/** An object as JSON: the only way to have `__proto__` for a key. */
function jsonOf(entries: readonly (readonly [string, unknown])[]): string {
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`;
}
