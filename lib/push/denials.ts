/** Says that a push service does not take this server's keys, which an operator has to mend: once in a while, not of each push. */
import { logFor } from "../base/log.ts";
import type { Send } from "./store.ts";

const log = logFor("push");

/** How often it is said of a push service, and of how many services that is remembered. */
const SAID_AGAIN_MS = 600_000;
const MOST_DENIED = 1000;

export class Denials {
  readonly #now: () => number;
  /** When it was said last, in Unix milliseconds, by origin. */
  readonly #saidAt = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  note({ provider, origin }: Pick<Send, "provider" | "origin">, why: string): void {
    const now = this.#now();
    const saidAt = this.#saidAt.get(origin);
    if (saidAt !== undefined && Math.abs(now - saidAt) < SAID_AGAIN_MS) return;
    this.#saidAt.delete(origin);
    this.#saidAt.set(origin, now);
    const [oldest = ""] = this.#saidAt.keys();
    if (this.#saidAt.size > MOST_DENIED) this.#saidAt.delete(oldest);
    log.error("{provider} does not take what this server pushes, which waits: {why}", {
      ...{ provider, why },
    });
  }
}
