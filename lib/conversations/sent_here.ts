/** Remembers which messages this node has told of, so that a sender who tries again does not tell everybody again. */

/** How many are remembered. */
const MOST = 10_000;

/** A message that is older was told long ago, or has been read since. */
const MOST_MS = 24 * 3600_000;

export class SentHere {
  readonly #ids = new Set<number>();

  /** Notes that a message is told of now. Says whether nobody may have been told of it yet: this node has not. */
  tell({ id, createdAt }: { readonly id: number; readonly createdAt: number }): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST && oldest !== undefined) this.#ids.delete(oldest);
    return Date.now() - createdAt < MOST_MS;
  }
}
