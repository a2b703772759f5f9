/** Measures how late the event loop's turns come: a timer notes by how much each of its calls came after its time. */
import { Histogram } from "../core/metrics.ts";

const EVERY_MS = 100;

/** The samples of the last ten seconds, of which percentiles are made. */
const SAMPLES = 100;

/** Milliseconds that a turn of the event loop came later than it was to. */
export interface LoopLag {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export class LoopLagMeter implements Disposable {
  readonly histogram: Histogram = new Histogram(
    "event_loop_lag_seconds",
    "How much later than it was to a turn of the event loop came, looked at ten times a second.",
  );
  readonly #samples: number[] = [];
  #next = 0;
  #dueAt = performance.now() + EVERY_MS;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor() {
    this.#timer = setInterval(() => this.#note(), EVERY_MS);
  }

  read(): LoopLag {
    const sorted = [...this.#samples].sort((one, other) => one - other);
    const at = (part: number) =>
      round(sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: round(sorted.at(-1) ?? 0) };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #note(): void {
    const now = performance.now();
    const lag = Math.max(0, now - this.#dueAt);
    this.histogram.observe(lag / 1000);
    this.#samples[this.#next] = lag;
    this.#next = (this.#next + 1) % SAMPLES;
    this.#dueAt = now + EVERY_MS;
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
