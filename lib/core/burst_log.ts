/**
 * Writes lines of a kind that mostly come alone and sometimes by the thousand, as when a site's clients are closed: the
 * first ones of a second as they are, and one line for all the rest.
 */

/** Lines of one kind that are written in a second; more are counted. */
const MOST_LINES = 10;
const SECOND_MS = 1000;

/** What came of one kind in its last second. */
interface Burst {
  /** On `performance.now()`'s clock. */
  readonly startedAt: number;
  lines: number;
  unwritten: number;
}

export class BurstLog implements Disposable {
  readonly #sum: (kind: string, count: number) => void;
  /** By kind. There are few kinds, each of which has its text in the code. */
  readonly #bursts = new Map<string, Burst>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param sum writes that there were so many more lines of a kind */
  constructor(sum: (kind: string, count: number) => void) {
    this.#sum = sum;
  }

  /** Calls `write`, or counts the line where there are many of its kind. */
  line(kind: string, write: () => void): void {
    const now = performance.now();
    let burst = this.#bursts.get(kind);
    if (burst === undefined || burst.unwritten === 0 && now - burst.startedAt > SECOND_MS) {
      this.#bursts.set(kind, burst = { startedAt: now, lines: 0, unwritten: 0 });
    }
    if (burst.lines++ < MOST_LINES) return write();
    burst.unwritten++;
    this.#timer ??= setTimeout(() => this.#sumUp(), SECOND_MS);
  }

  /** Writes what is not written yet. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#sumUp();
  }

  #sumUp(): void {
    this.#timer = undefined;
    for (const [kind, { unwritten }] of this.#bursts) if (unwritten > 0) this.#sum(kind, unwritten);
    this.#bursts.clear();
  }
}
