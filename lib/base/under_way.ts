/**
 * Work that is under way, for others to wait for. It is counted and not listed: a `Set` that lives for long leaves tables of its own
 * behind as it changes, and what stood in such a table outlives the small garbage collections.
 */
export class UnderWay {
  #round: Round = { count: 0, ended: () => {} };
  /** Resolves when all rounds before this one are done. */
  #before: Promise<unknown> = Promise.resolve();

  /** Counts work until it is done. @param work never rejects */
  async note(work: Promise<void>): Promise<void> {
    const round = this.#round;
    round.count++;
    await work;
    if (--round.count === 0) round.ended();
  }

  /** Resolves when all is done that is under way by now. */
  async settled(): Promise<void> {
    const round = this.#round;
    if (round.count > 0) {
      const ended = new Promise<void>((resolve) => round.ended = resolve);
      this.#round = { count: 0, ended: () => {} };
      this.#before = Promise.all([this.#before, ended]);
    }
    await this.#before;
  }
}

/** What began between two times that somebody waited. */
interface Round {
  count: number;
  ended(): void;
}
