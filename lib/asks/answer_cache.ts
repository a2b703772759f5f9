/** Keeps answers for as long as they say. It is bounded: where there are too many, the oldest is forgotten. */

/** Most answers that are kept. */
const MAX_ANSWERS = 10_000;

interface Kept<Answer> {
  readonly answer: Answer;
  readonly until: number;
}

export class AnswerCache<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();
  readonly #now: () => number;
  readonly #most: number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now(), most = MAX_ANSWERS) {
    this.#now = now;
    this.#most = most;
  }

  get(key: string): Answer | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.until > this.#now()) return kept.answer;
    this.#kept.delete(key);
    return undefined;
  }

  set(key: string, answer: Answer, seconds: number): void {
    this.#kept.delete(key); // so that the answer goes to the end: the first one is the oldest
    this.#kept.set(key, { answer, until: this.#now() + seconds * 1000 });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= this.#most) return;
      this.#kept.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }
}
