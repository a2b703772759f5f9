/** What the bridge keeps, routes and counts, at any change of turns: nothing that was heard is lost or counted as lost. */
import assert from "node:assert/strict";
import { HeardPayloads } from "../../lib/ways/heard_payloads.ts";
import { type RoutePayload, Routing } from "../../lib/ways/routing.ts";
import { waitFor } from "../support/wait.ts";

type Outcome = Awaited<ReturnType<RoutePayload>>;

/** A store that answers when the test says so. */
class Store {
  readonly asked: { payload: string; isRetry: boolean; progress: string }[] = [];
  readonly #waiting: ((outcome: Outcome) => void)[] = [];
  most = 0;

  readonly route: RoutePayload = (payload, { isRetry, progress }) => {
    this.asked.push({ payload, isRetry, progress });
    return new Promise((resolve) => {
      this.most = Math.max(this.most, this.#waiting.push(resolve));
    });
  };

  get underWay(): number {
    return this.#waiting.length;
  }

  answer(count: number, outcome: Outcome = "done"): void {
    for (const resolve of this.#waiting.splice(0, count)) resolve(outcome);
  }
}

function hearAll(heard: HeardPayloads, count: number, routes = false, from = 0): boolean[] {
  return Array.from({ length: count }, (_, each) => heard.add(`n${from + each}`, { routes }));
}

function namesIn(heard: HeardPayloads): string[] {
  const names: string[] = [];
  for (let next = heard.next(); next !== undefined; next = heard.next()) names.push(next.payload);
  return names;
}

function names(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, each) => `n${from + each}`);
}

Deno.test("a node without the turn keeps what the holder has not stored, however many marks ago it came", () => {
  const heard = new HeardPayloads();
  for (let mark = 1; mark <= 100; mark++) {
    heard.hearMark(mark);
    hearAll(heard, 10, false, (mark - 1) * 10);
  }
  heard.noteRouted({ bridge: "3:4", publications: "" }); // two marks with ten each, and four
  heard.rewind();
  assert.deepEqual(namesIn(heard), names(24, 1000));
  heard.noteRouted({ bridge: "100:10", publications: "" });
  assert.equal(heard.isEmpty, true);
});

Deno.test("what was stored is forgotten as soon as that is known", async () => {
  const heard = new HeardPayloads();
  const store = new Store();
  const routing = new Routing(heard, store.route, () => true);
  heard.hearMark(1);
  hearAll(heard, 30, true);
  routing.begin();
  store.answer(30);
  await routing.settled();
  assert.equal(heard.isEmpty, true);
});

Deno.test("few payloads are being stored at once, and all are in the end, in their order", async () => {
  const heard = new HeardPayloads();
  const store = new Store();
  const routing = new Routing(heard, store.route, () => true);
  heard.hearMark(1);
  for (let each = 0; each < 5000; each++) {
    heard.add(`n${each}`, { routes: true });
    routing.noteHeard();
  }
  while (store.asked.length < 5000 || store.underWay > 0) {
    store.answer(100);
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.ok(store.most <= 2000, `${store.most} at once`);
  assert.deepEqual(store.asked.map(({ payload }) => payload), names(0, 5000));
  assert.equal(store.asked.at(-1)?.progress, "1:5000");
});

const ENDS: readonly Outcome[] = ["others", "away"];
for (const end of ENDS) {
  Deno.test(`after '${end}' nothing more is stored until the turn begins anew, and then just what is missing`, async () => {
    const heard = new HeardPayloads();
    const store = new Store();
    const routing = new Routing(heard, store.route, () => true);
    heard.hearMark(1);
    hearAll(heard, 10, true);
    routing.begin();
    await waitFor("all are asked for", () => store.underWay === 10);
    store.answer(4);
    store.answer(6, end);
    await routing.settled();
    assert.equal(routing.ended, end);
    hearAll(heard, 3, false, 10);
    routing.noteHeard();
    assert.equal(store.asked.length, 10);
    heard.noteRouted({ bridge: "1:5", publications: "" }); // somebody stored one more
    routing.begin();
    assert.deepEqual(
      store.asked.slice(10).map(({ payload, isRetry }) => [payload, isRetry]),
      names(5, 13).map((name, index) => [name, index < 5]),
    );
    store.answer(8);
    await routing.settled();
    assert.equal(heard.isEmpty, true);
  });
}

/** Room for five payloads of two characters. */
const FIVE = 5 * 202;

Deno.test("over its bound a node that routes takes no more, and says so for each", () => {
  const heard = new HeardPayloads(FIVE);
  heard.hearMark(1);
  assert.deepEqual(hearAll(heard, 7, true), [true, true, true, true, true, false, false]);
  assert.equal(heard.takeDropped(), 0);
  assert.deepEqual(namesIn(heard), names(0, 5));
  heard.noteRouted({ bridge: "1:5", publications: "" });
  assert.deepEqual(hearAll(heard, 1, true, 7), [true], "there is room again");
});

Deno.test("over its bound a node that does not route drops the oldest, and counts those that nobody routed", () => {
  const heard = new HeardPayloads(FIVE);
  heard.hearMark(1);
  assert.ok(hearAll(heard, 8).every(Boolean));
  heard.noteRouted({ bridge: "1:2", publications: "" });
  assert.equal(heard.takeDropped(), 1, "the holder stored two of the three");
  assert.equal(heard.takeDropped(), 0, "each is counted once");
  heard.rewind();
  assert.deepEqual(namesIn(heard), names(3, 8));
  for (const payload of ["a1", "a2", "a3", "a4", "a5"]) heard.add(payload, { routes: false });
  heard.noteRouted({ bridge: "1:8", publications: "" });
  assert.equal(heard.takeDropped(), 0, "the holder stored all that were dropped");
});

Deno.test("what came before the first mark is dropped and counted by its place, too", () => {
  const heard = new HeardPayloads(FIVE);
  hearAll(heard, 7);
  heard.hearMark(4);
  heard.noteRouted({ bridge: "3:100", publications: "" });
  assert.equal(heard.takeDropped(), 2, "no holder's place in mark 3 says that these were routed");
  hearAll(heard, 2, false, 7);
  heard.noteRouted({ bridge: "4:1", publications: "" });
  assert.equal(heard.takeDropped(), 0, "a place in mark 4 does");
});

const GAPS: readonly [what: string, progress: string, misses: boolean][] = [
  ["nobody ever routed", "", false],
  ["the last holder stopped before this node came", "6:3", true],
  ["the last holder stopped at the mark with which this node came", "7:0", false],
  ["the last holder stopped later", "9:1", false],
];
for (const [what, progress, misses] of GAPS) {
  Deno.test(`a connection ${misses ? "misses something" : "misses nothing"} where ${what}`, () => {
    const heard = new HeardPayloads();
    heard.hearMark(3);
    heard.reset();
    assert.equal(
      heard.misses({ bridge: progress, publications: "" }),
      false,
      "nothing is known before the first mark",
    );
    heard.hearMark(7);
    heard.hearMark(8);
    assert.equal(heard.misses({ bridge: progress, publications: "" }), misses);
  });
}

Deno.test("what a node had heard before it was cut off is still routed once it is back", () => {
  const heard = new HeardPayloads();
  heard.hearMark(3);
  hearAll(heard, 4);
  heard.reset();
  hearAll(heard, 2, false, 4);
  assert.deepEqual(namesIn(heard), [], "places have no names yet");
  heard.hearMark(9);
  heard.noteRouted({ bridge: "3:2", publications: "" });
  heard.rewind();
  assert.deepEqual(namesIn(heard), names(2, 6));
});

Deno.test("places are counted in each way by itself, and all is routed in the order of both", async () => {
  const heard = new HeardPayloads();
  const store = new Store();
  const routing = new Routing(heard, store.route, () => true);
  heard.hearMark(1);
  const ways = ["bridge", "publications", "publications", "bridge"] as const;
  for (const [each, way] of ways.entries()) heard.add(`n${each}`, { routes: true, way });
  routing.begin();
  assert.deepEqual(
    store.asked.map(({ payload, progress }) => [payload, progress]),
    [["n0", "1:1"], ["n1", "1:1"], ["n2", "1:2"], ["n3", "1:2"]],
  );
  assert.deepEqual(heard.heardUpTo, { bridge: "1:2", publications: "1:2" });
  store.answer(4);
  await routing.settled();
});

Deno.test("what a holder has routed of one way alone is not routed again, and all of the other is", () => {
  const heard = new HeardPayloads();
  heard.hearMark(1);
  for (let each = 0; each < 3; each++) {
    heard.add(`p${each}`, { routes: false, way: "publications" });
    heard.add(`m${each}`, { routes: false });
  }
  heard.noteRouted({ bridge: "1:2", publications: "" });
  heard.rewind();
  assert.deepEqual(namesIn(heard), ["p0", "p1", "p2", "m2"]);
  heard.noteRouted({ bridge: "1:3", publications: "1:2" });
  heard.rewind();
  assert.deepEqual(namesIn(heard), ["p2"]);
});

Deno.test("the later place of the two ways says how far all was routed", () => {
  const heard = new HeardPayloads();
  heard.hearMark(7);
  assert.equal(heard.misses({ bridge: "3:1", publications: "7:0" }), false);
  assert.equal(heard.misses({ bridge: "6:1", publications: "5:9" }), true);
  assert.equal(heard.misses({ bridge: "", publications: "" }), false);
});
