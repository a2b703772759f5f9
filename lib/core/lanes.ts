/**
 * Commands of one connection that are worked on beside each other, since they concern different things: those of one lane,
 * such as a room, come one after the other. Answers to commands of one type go out in the order of the commands.
 * `frame_queue.ts` says when a command may begin.
 */

/** How many commands of a connection are worked on at once, and wait for earlier ones of their lanes. */
const MOST_AT_ONCE = 64;

/** @param turn resolves when the answer may go out */
export type LaneWork = (turn: Promise<void>) => Promise<void> | void;

/** Where a command has its place. */
export interface LanePlace {
  /** What it concerns. */
  readonly lane: string;
  readonly type: string;
}

const NOW = Promise.resolve();

export class Lanes {
  /** When the last command of each lane is done. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** When the last command of each type is done. */
  readonly #types = new Map<string, Promise<void>>();
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
    await Promise.all(this.#lanes.values());
  }

  /**
   * Begins a command when those before it in its lane are done. Resolves when it is done itself; `undefined` if that is at
   * once.
   *
   * @param work never rejects
   */
  run({ lane, type }: LanePlace, work: LaneWork): Promise<void> | undefined {
    const before = this.#lanes.get(lane);
    const turn = this.#types.get(type) ?? NOW;
    const working = before === undefined ? work(turn) : before.then(() => work(turn));
    if (working === undefined) return undefined;
    this.#count++;
    const done = working.then(() => {
      this.#count--;
      if (this.#lanes.get(lane) === done) this.#lanes.delete(lane);
      if (this.#types.get(type) === done) this.#types.delete(type);
    });
    this.#lanes.set(lane, done);
    this.#types.set(type, done);
    return done;
  }
}
