/** `lib/core/metrics.ts`: the metrics of a server come together by their names. */
import assert from "node:assert/strict";
import { Counter, type Metric, Metrics } from "../../lib/core/metrics.ts";

Deno.test("Metrics shows what was counted by now, gauges first", () => {
  const metrics = new Metrics();
  const sent = new Counter("sent", "Messages that were sent.");
  let open = 0;
  metrics.add([sent]);
  metrics.add([gauge("open", () => open)]);
  assert.deepEqual(metrics.values(), { open: 0, sent: 0 });
  sent.value += 2;
  open = 7;
  assert.deepEqual(Object.entries(metrics.values()), [["open", 7], ["sent", 2]]);
});

Deno.test("Metrics takes no two of one name, unless their labels differ", () => {
  const metrics = new Metrics();
  const [one, two] = [{ kind: "a", way: "x" }, { kind: "b", way: "x" }];
  metrics.add([gauge("open", () => 1, one), gauge("open", () => 2, two)]);
  assert.deepEqual(metrics.values(), { open: 3 }, "they are added up");
  assert.throws(() => metrics.add([gauge("open", () => 3, { way: "x", kind: "a" })]), {
    name: "TypeError",
    message: 'Two metrics open{kind="a",way="x"}',
  });
  metrics.add([new Counter("sent", "Messages that were sent.")]);
  assert.throws(
    () => metrics.add([new Counter("sent", "The same once more.")]),
    /Two metrics sent/,
  );
});

function gauge(name: string, read: () => number, labels?: Metric["labels"]): Metric {
  return { name, help: "How many there are.", type: "gauge", labels, read };
}
