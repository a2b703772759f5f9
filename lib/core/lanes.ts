/**
 * Commands of one connection that are worked on beside each other, since they concern different things: those of one lane,
 * such as a room, come one after the other. `frame_queue.ts` says when a command may begin.
 */

/** How many commands of a connection are worked on at once, and wait for earlier ones of their lanes. */
const MOST_AT_ONCE = 64;

export class Lanes {
  /** When the last command of each lane is done. */
  readonly #ends = new Map<string, Promise<void>>();
  #count = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Whether no other command may begin. */
  get isFull(): boolean {
    return this.#count >= MOST_AT_ONCE;
  }

  /** Resolves when all that is under way by now is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#ends.values());
  }

  /**
   * Begins a command when those before it in its lane are done. Resolves when it is done itself; `undefined` if that is at
   * once.
   *
   * @param work never rejects
   */
  run(lane: string, work: () => Promise<void> | void): Promise<void> | undefined {
    const before = this.#ends.get(lane);
    const working = before === undefined ? work() : before.then(work);
    if (working === undefined) return undefined;
    this.#count++;
    const done = working.then(() => {
      this.#count--;
      if (this.#ends.get(lane) === done) this.#ends.delete(lane);
    });
    this.#ends.set(lane, done);
    return done;
  }
}
