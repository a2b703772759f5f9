/**
 * Asks nodes all the time whether they are ready, and knows the longest that one took to answer. What this process itself was
 * late by counts for no node.
 */
import { pause } from "../../lib/base/clock.ts";
import type { Program } from "../support/program.ts";

const ASKED_EVERY_MS = 50;

export class Answers implements AsyncDisposable {
  readonly #stopping = new AbortController();
  readonly #asking: Promise<void>[];
  #refused = 0;
  #longestMs = 0;

  constructor(nodes: readonly Program[]) {
    this.#asking = nodes.map((node) => this.#ask(`${node.url}/readyz`));
  }

  /** Asks no more. Resolves with how often a node was not ready, and the longest that one took to answer. */
  async end(): Promise<{ refused: number; longestMs: number }> {
    await this[Symbol.asyncDispose]();
    return { refused: this.#refused, longestMs: this.#longestMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#asking);
  }

  async #ask(url: string): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const lateness = new Lateness();
      const startedAt = performance.now();
      const answer = await fetch(url);
      await answer.body?.cancel();
      const waitedMs = performance.now() - startedAt - lateness.end();
      this.#longestMs = Math.max(this.#longestMs, waitedMs);
      if (answer.status !== 200) this.#refused++;
      await pause(ASKED_EVERY_MS, this.#stopping.signal);
    }
  }
}

/** How late this process' own timer is, in all. */
class Lateness {
  readonly #everyMs = 10;
  #dueAt = performance.now() + this.#everyMs;
  #lateMs = 0;
  readonly #timer = setInterval(() => this.#look(), this.#everyMs);

  /** Resolves to how many milliseconds this process did nothing although it would have. */
  end(): number {
    this.#look();
    clearInterval(this.#timer);
    return this.#lateMs;
  }

  #look(): void {
    const now = performance.now();
    this.#lateMs += Math.max(0, now - this.#dueAt);
    this.#dueAt = now + this.#everyMs;
  }
}
