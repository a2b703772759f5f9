import assert from "node:assert/strict";
import { UnderWay } from "../../lib/base/under_way.ts";

Deno.test("UnderWay waits for all that began before, and for nothing that begins later", async () => {
  const underWay = new UnderWay();
  const [first, second, later] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const seen: string[] = [];
  void underWay.note(first!.promise);
  void underWay.note(second!.promise);
  const one = underWay.settled().then(() => seen.push("one"));
  void underWay.note(later!.promise);
  const both = underWay.settled().then(() => seen.push("both"));
  first!.resolve();
  await turn();
  assert.deepEqual(seen, []);
  second!.resolve();
  await one;
  await turn();
  assert.deepEqual(seen, ["one"]);
  later!.resolve();
  await both;
});

Deno.test("UnderWay lets a later one wait for what began before an earlier one waited", async () => {
  const underWay = new UnderWay();
  const first = Promise.withResolvers<void>();
  void underWay.note(first.promise);
  let settled = 0;
  const waiting = [underWay.settled(), underWay.settled()].map((each) =>
    each.then(() => settled++)
  );
  await turn();
  assert.equal(settled, 0);
  first.resolve();
  await Promise.all(waiting);
});

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
