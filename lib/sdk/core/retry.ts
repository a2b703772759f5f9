/** Asks the server once more, after a growing pause, what it could not answer: a part of a client has one a question. */
import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";

export class Retry {
  readonly #clock: Clock;
  readonly #random: () => number;
  #refusals = 0;
  #cancel: (() => void) | undefined;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: () => number }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** How often the server could not answer, one time after the other. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Calls `ask` after a pause, which is longer each time until {@linkcode Retry.reset}. */
  later(ask: () => void): void {
    this.#cancel?.();
    this.#cancel = this.#clock.after(backoffMs(this.#refusals++, this.#random), ask);
  }

  /** The server has answered, or nobody wants to know any more. */
  reset(): void {
    this.#refusals = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
