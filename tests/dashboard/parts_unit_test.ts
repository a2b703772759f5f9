/** Parts of the dashboard: what is drawn of a node's history, the marks of an axis, and how a stream of events is read. */
import assert from "node:assert/strict";
import { readEvents } from "../../lib/dashboard/api/event_reader.ts";
import type { HistoryPoint, Node } from "../../lib/dashboard/api/shapes.ts";
import { marksTo } from "../../lib/dashboard/charts/scale.ts";
import {
  highest,
  last,
  peak,
  type Span,
  spanOf,
  summed,
  valuesOf,
} from "../../lib/dashboard/charts/series.ts";
import { bytes, count } from "../../lib/dashboard/state/format.ts";
import { joined } from "../../lib/dashboard/state/history.ts";
import { href, parseRoute } from "../../lib/dashboard/state/place.ts";
import { faceOf } from "../../lib/dashboard/views/notifications/steps.ts";

const SPAN: Span = { from: 1000, steps: 8, seconds: 10 };

Deno.test("a gap in a node's history is a gap in its line, and a report that came late is none", () => {
  const node = nodeWith([[1000, 1], [1010, 2], [1030, 4], [1061, 7]], { at: 1070, connections: 8 });
  assert.deepEqual(valuesOf(node, SPAN, ({ connections }) => connections), [
    ...[1, 2, 3, 4], // the third step is between two that are known
    ...[null, null, 7, 8],
  ]);
});

Deno.test("several values of one step are their mean, and what is outside of the span is not drawn", () => {
  const node = nodeWith([[990, 50], [1000, 1], [1005, 3], [1090, 50]], {
    at: 1080,
    connections: 9,
  });
  const values = valuesOf(node, SPAN, ({ connections }) => connections);
  assert.deepEqual(values, [2, null, null, null, null, null, null, null]);
});

Deno.test("lines together have no value only where none has", () => {
  const lines = [[1, null, null, 4], [10, 20, null, 40]];
  assert.deepEqual(summed(lines), [11, 20, null, 44]);
  assert.deepEqual(highest(lines), [10, 20, null, 40]);
  assert.deepEqual(peak(lines[1] ?? []), { value: 40, step: 3 });
  assert.equal(last([1, 2, null]), 2);
  assert.equal(last([null]), null);
});

Deno.test("a span ends now, in steps of ten seconds or twenty", () => {
  const { from, steps, seconds } = spanOf(60, 7205);
  assert.deepEqual([from + steps * seconds, steps, seconds], [7220, 180, 20]);
  assert.deepEqual(spanOf(10, 7205).steps, 60);
});

Deno.test("an axis has round marks, and reaches the largest value", () => {
  for (const largest of [0.3, 1, 7, 99, 100, 6402, 18_412, 3e9]) {
    const marks = marksTo(largest);
    assert.ok((marks.at(-1) ?? 0) >= largest, `${largest}: ${marks}`);
    assert.ok(marks.length >= 3 && marks.length <= 7, `${largest}: ${marks}`);
    assert.equal(marks[0], 0);
  }
  assert.deepEqual(marksTo(0), [0, 1]);
  for (let largest = 1; largest < 200; largest++) {
    const words = marksTo(largest, { show: count }).map(count);
    assert.equal(new Set(words).size, words.length, `${largest}: ${words}`);
    assert.ok(words.length <= 7, `${largest}: ${words}`);
  }
  assert.deepEqual(marksTo(2, { show: count }), [0, 1, 2]);
  for (const largest of [700, 5e4, 93e6, 150e6, 1.2e9, 2.4e9]) {
    const words = marksTo(largest, { show: bytes, isBinary: true }).map(bytes);
    assert.ok(words.length >= 3, `${largest}: ${words}`);
    for (const word of words) assert.match(word, /^\d+(\.5)? /, `${largest}: ${words}`);
  }
});

Deno.test("what the stream says goes on with the history, a point every ten seconds", () => {
  const old = nodeWith([[1000, 1]], { at: 1001, connections: 1 });
  const early = { ...nodeWith([], { at: 1005, connections: 2 }), history: [] };
  const late = { ...nodeWith([], { at: 1012, connections: 3 }), history: [] };
  const after = joined(joined([old], [early]), [late]);
  assert.deepEqual(after[0]?.history?.map(({ at, connections }) => [at, connections]), [
    [1000, 1],
    [1012, 3],
  ]);
  const hourLater = { ...nodeWith([], { at: 4700, connections: 4 }), history: [] };
  assert.deepEqual(joined(after, [hourLater])[0]?.history?.map(({ at }) => at), [4700]);
});

Deno.test("events are read whole, however the stream is cut", async () => {
  const text =
    'retry: 1000\n\nevent: nodes\ndata: {"a":1}\n\n:\n\nevent: log\ndata: "é"\ndata: 2\n\nevent: log\ndata: lost';
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    let heard = 0;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) {
          controller.enqueue(bytes.slice(at, at + size));
        }
        controller.close();
      },
    });
    const events = await Array.fromAsync(readEvents(body, () => heard++));
    assert.deepEqual(events, [
      { name: "nodes", data: '{"a":1}' },
      { name: "log", data: '"é"\n2' },
    ], `in pieces of ${size}`);
    assert.equal(heard, Math.ceil(bytes.length / size));
  }
});

Deno.test("a place is an address, and an address a place, whatever the name is", () => {
  for (const name of ["123", "a/b", "دعم العملاء", "50 %", "?x=1#y", "."]) {
    const { path, query } = parseRoute(href(["users", name], { q: name }));
    assert.deepEqual([path, query.get("q")], [["users", name], name]);
  }
  assert.deepEqual(parseRoute("").path, []);
  assert.deepEqual(parseRoute("#/users/%E0%A4%A").path, ["users", "%E0%A4%A"]);
});

Deno.test("each step of a notification has a word and a way; an unknown one too", () => {
  assert.deepEqual(faceOf({ step: "acknowledged", at: 1 }).way, "done");
  assert.deepEqual(faceOf({ step: "pushed", why_not: "quiet hours" }).way, "held");
  assert.deepEqual(faceOf({ step: "push_failed", at: 1, why_not: "gone" }).way, "failed");
  assert.deepEqual(faceOf({ step: "read" }).way, "wait");
  assert.deepEqual(faceOf({ step: "put_aside", at: 1 }), {
    word: "Put aside",
    way: "done",
    icon: "check",
  });
});

function nodeWith(
  points: readonly (readonly [at: number, connections: number])[],
  now: { at: number; connections: number },
): Node {
  const point = (at: number, connections: number): HistoryPoint => ({
    ...{ at, connections, deliveries: 0, lag_p99: 0, cpu: 0, rss: 0 },
    latency_p50: null,
    latency_p99: null,
  });
  return {
    ...{ id: "a", name: "a", version: "1", started_at: 0, seen_at: now.at, ready: true, cpu: 0 },
    memory: { rss: 0, heap_used: 0, heap_total: 0 },
    loop_lag_ms: { p50: 0, p99: 0, max: 0 },
    ...{ connections: now.connections, users: 0, rooms: 0 },
    rates: { publications: 0, deliveries: 0, requests: 0, dropped: 0 },
    latency_ms: { p50: null, p99: null },
    history: points.map(([at, connections]) => point(at, connections)),
  };
}
