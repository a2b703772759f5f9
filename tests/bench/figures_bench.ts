/** What it costs to measure how long things take: `deno bench tests/bench/figures_bench.ts`. */
import { NodeFigures } from "../../lib/core/figures.ts";
import { Histogram } from "../../lib/core/metrics.ts";

const times = new Histogram("times", "Times.");
const figures = new NodeFigures("deno");
let count = 0;

Deno.bench("a time of 2 ms", () => {
  times.observe(0.002);
});

Deno.bench("a time over all bounds", () => {
  times.observe(60);
});

Deno.bench("each publication: whether it is measured, most are not", () => {
  const id = String(count++);
  const beganAt = figures.begins(id);
  if (beganAt !== undefined) figures.taken(beganAt);
  figures.written(id);
});

Deno.bench("the clock, for comparison", () => {
  performance.now();
});
