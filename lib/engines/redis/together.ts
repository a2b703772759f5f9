/**
 * Puts together what one turn of the event loop asks of Redis, so that it is one call: a call of its own for each costs
 * more than what is done in it.
 */
import type { FunctionLibrary } from "./library.ts";

export interface TogetherOptions<Asked, Answer> {
  /** Weight of one call at most, since Redis does nothing else meanwhile; what is heavier has a call of its own. */
  readonly most: number;
  /** @default 1 for each */
  readonly weigh?: (asked: Asked) => number;
  /** Whether the two may be in one call. @default always */
  readonly fits?: (one: Asked, other: Asked) => boolean;
  /** Calls Redis; resolves with an answer for each, or the error to reject with. */
  readonly send: (asked: readonly Asked[]) => Promise<readonly (Answer | Error)[]>;
}

interface Waiting<Asked, Answer> {
  readonly asked: Asked;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class Together<Asked, Answer> {
  readonly #library: FunctionLibrary;
  readonly #options: TogetherOptions<Asked, Answer>;
  /** For the end of this turn, in the order they came; bounded by `most`. */
  #waiting: Waiting<Asked, Answer>[] = [];
  #weight = 0;

  constructor(library: FunctionLibrary, options: TogetherOptions<Asked, Answer>) {
    this.#library = library;
    this.#options = options;
  }

  ask(asked: Asked): Promise<Answer> {
    const { most, weigh, fits } = this.#options;
    const weight = weigh?.(asked) ?? 1;
    const [first] = this.#waiting;
    const isOther = first !== undefined && fits !== undefined && !fits(first.asked, asked);
    if (isOther || this.#weight + weight > most) this.#flush();
    return new Promise((resolve, reject) => {
      this.#weight += weight;
      if (this.#waiting.push({ asked, resolve, reject }) > 1) return;
      this.#library.soon(() => this.#flush());
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#weight = 0;
    this.#send(waiting).catch((error) => {
      for (const { reject } of waiting) reject(error);
    });
  }

  async #send(waiting: readonly Waiting<Asked, Answer>[]): Promise<void> {
    const answers = await this.#options.send(waiting.map(({ asked }) => asked));
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const answer = answers[index]!;
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }
  }
}
