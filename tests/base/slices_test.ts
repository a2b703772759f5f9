/** Work in slices: everything else goes on meanwhile, little is under way at once, and a failure ends it cleanly. */
import assert from "node:assert/strict";
import { Backlog } from "../../lib/base/backlog.ts";
import { inSlices } from "../../lib/base/slices.ts";

const COUNT = 40;

/** Keeps the event loop to itself for a while. */
function toil(ms = 2): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** Counts how much is under way at once. */
class Work {
  underWay = 0;
  most = 0;
  readonly done: number[] = [];

  async on(item: number): Promise<void> {
    this.most = Math.max(this.most, ++this.underWay);
    toil();
    await Promise.resolve();
    this.underWay--;
    this.done.push(item);
  }
}

const ITEMS = Array.from({ length: COUNT }, (_, index) => index);

/** The ways by which much work is done, each of which does all items. */
const WAYS: readonly [
  name: string,
  run: (work: (item: number) => Promise<void>) => Promise<void>,
][] = [
  ["inSlices()", (work) => inSlices(ITEMS, work, { atOnce: 3 })],
  ["Backlog", async (work) => {
    const backlog = new Backlog<number>({ atOnce: 3, work });
    for (const item of ITEMS) backlog.push(item);
    await backlog.settled();
  }],
];

for (const [name, run] of WAYS) {
  Deno.test(`${name} lets everything else have its turn before all is done`, async () => {
    const work = new Work();
    const doneAtTurn = new Promise<number>((resolve) => {
      setTimeout(() => resolve(work.done.length), 1);
    });
    await run((item) => work.on(item));
    assert.equal(work.done.length, COUNT);
    assert.ok(await doneAtTurn < COUNT / 2, `${await doneAtTurn} of ${COUNT} were done by then`);
  });

  Deno.test(`${name} has few things under way at once, and begins them in their order`, async () => {
    const begun: number[] = [];
    const work = new Work();
    await run((item) => {
      begun.push(item);
      return work.on(item);
    });
    assert.deepEqual(begun, ITEMS);
    assert.equal(work.most, 3);
  });

  Deno.test(`${name} begins at once`, async () => {
    const begun: number[] = [];
    const running = run((item) => {
      begun.push(item);
      return Promise.resolve();
    });
    assert.ok(begun.length > 0);
    await running;
  });
}

Deno.test("inSlices() without promises takes its rests, too", async () => {
  const done: number[] = [];
  const turn = new Promise<number>((resolve) => setTimeout(() => resolve(done.length), 1));
  await inSlices(ITEMS, (item) => {
    toil();
    done.push(item);
  });
  assert.ok(await turn < COUNT / 2);
});

Deno.test("inSlices() rejects with the first failure, when nothing is under way any more", async () => {
  const work = new Work();
  const running = inSlices(ITEMS, async (item) => {
    await work.on(item);
    if (item === 5) throw new Error("the sixth");
  }, { atOnce: 3 });
  await assert.rejects(running, /the sixth/);
  assert.equal(work.underWay, 0);
  assert.ok(work.done.length < 10, "what came later is not begun");
});

Deno.test("inSlices() begins nothing more when its signal aborts, and rejects", async () => {
  const stopping = new AbortController();
  const work = new Work();
  const running = inSlices(ITEMS, async (item) => {
    await work.on(item);
    if (item === 5) stopping.abort(new Error("no more"));
  }, { signal: stopping.signal });
  await assert.rejects(running, /no more/);
  assert.equal(work.done.length, 6);
});

Deno.test("Backlog takes up more when it was empty, and settles each time", async () => {
  const done: number[] = [];
  const backlog = new Backlog<number>({
    atOnce: 2,
    work: (item) => Promise.resolve(void done.push(item)),
  });
  await backlog.settled();
  for (const round of [1, 2]) {
    backlog.push(round);
    backlog.push(round * 10);
    assert.equal(backlog.isEmpty, false);
    await backlog.settled();
    assert.equal(backlog.isEmpty, true);
  }
  assert.deepEqual(done, [1, 10, 2, 20]);
});

Deno.test("inSlices() works on the first item at once, on a machine that stands still, too", async () => {
  const { now } = performance;
  let time = 0;
  performance.now = () => time += 1000;
  const begun: number[] = [];
  try {
    const working = inSlices([1, 2], (item) => void begun.push(item));
    assert.deepEqual(begun, [1]);
    performance.now = now;
    await working;
  } finally {
    performance.now = now;
  }
  assert.deepEqual(begun, [1, 2]);
});
