/**
 * Puts together what one turn of the event loop asks of Redis, so that it becomes one call. A call for each would cost
 * more than the work in it.
 */
import type { FunctionLibrary } from "./library.ts";

interface TogetherOptions<Asked, Answer> {
  /** The most weight of one call, during which Redis does nothing else. A heavier question has a call of its own. */
  readonly most: number;
  /** The weight of a question. @default 1 */
  readonly weigh?: (asked: Asked) => number;
  /** Whether two questions may share a call. @default always */
  readonly fits?: (one: Asked, other: Asked) => boolean;
  /** Calls Redis. Resolves with an answer to each question, or the error to reject with. */
  readonly send: (asked: readonly Asked[]) => Promise<readonly (Answer | Error)[]>;
}

/** A question that waits for the end of this turn. */
interface Question<Asked, Answer> {
  readonly asked: Asked;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export class Together<Asked, Answer> {
  readonly #library: FunctionLibrary;
  readonly #options: TogetherOptions<Asked, Answer>;
  /** The questions in the order in which they came. Their weight is bounded by `most`. */
  #waiting: Question<Asked, Answer>[] = [];
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

  async #send(waiting: readonly Question<Asked, Answer>[]): Promise<void> {
    const answers = await this.#options.send(waiting.map(({ asked }) => asked));
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const answer = answers[index]!;
      if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }
  }
}
