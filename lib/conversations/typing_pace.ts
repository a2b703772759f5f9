/** How often others are told that somebody is typing: clients say so with every few keys. */

/** Who goes on typing is told of again after so long. */
const AGAIN_MS = 2000;

/** How many who type are remembered. Past that the first ones are forgotten, who are told of a little too often. */
const MOST = 20_000;

export class TypingPace {
  readonly #toldAt = new Map<string, number>();

  /** Whether it is told now. That somebody does not type any more is told of those alone of whom it was told that they do. */
  take(conversation: number, user: string, isTyping: boolean): boolean {
    const key = `${conversation}\n${user}`;
    const toldAt = this.#toldAt.get(key);
    this.#toldAt.delete(key);
    if (!isTyping) return toldAt !== undefined;
    const now = performance.now();
    const isDue = toldAt === undefined || now - toldAt >= AGAIN_MS;
    this.#toldAt.set(key, isDue ? now : toldAt);
    const [oldest] = this.#toldAt.keys();
    if (this.#toldAt.size > MOST && oldest !== undefined) this.#toldAt.delete(oldest);
    return isDue;
  }
}
