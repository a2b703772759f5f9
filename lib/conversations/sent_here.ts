/** Remembers which messages this node has told of, so that a sender who tries again does not tell everybody again. */

/** How many are remembered. */
const MOST = 10_000;

/** A message that is older was told long ago, or has been read since. */
const MOST_MS = 24 * 3600_000;

export class SentHere {
  readonly #ids = new Set<number>();

  add(id: number): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MOST && oldest !== undefined) this.#ids.delete(oldest);
  }

  /** Whether others may not have been told of a message: the node that stored it may have died before it told them. */
  mayBeUntold({ id, createdAt }: { readonly id: number; readonly createdAt: number }): boolean {
    return !this.#ids.has(id) && Date.now() - createdAt < MOST_MS;
  }
}
