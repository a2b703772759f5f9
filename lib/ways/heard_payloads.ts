/**
 * The payloads that the bridge has heard and that may still have to be routed, each with its place in what all nodes hear.
 * `bridge_router.ts` routes them.
 *
 * All nodes hear the same in the same order, so a place has one name everywhere: the number of the last mark, which the
 * lock's holder makes twice a second, and how many payloads came after it.
 */

/**
 * Payloads that are kept for a change of holders: 5 s of 20,000 a second. Past so many the oldest are given up, a thousand
 * together, since all others move up each time.
 */
export const MAX_KEPT = 100_000;
const GIVEN_UP_TOGETHER = 1000;

/** Marks and time after which a payload is no longer kept: longer than a lock outlives its holder. */
const KEPT_MARKS = 10;
const KEPT_MS = 5000;

/** More payloads than any node hears between two marks. */
const AFTER_ALL_OTHERS = 1_000_000_000;

export interface Heard {
  readonly payload: string;
  /** When the payload came, on `performance.now()`'s clock. */
  readonly at: number;
  /** The mark before the payload; 0 while its place has no name. */
  mark: number;
  /** How many payloads came after that mark, with this one. */
  index: number;
  /** The id of the notification that this node makes of the payload; `undefined` while the node has not tried to. */
  id: string | undefined;
  /** Whether the payload is stored, or was found wrong. */
  isDone: boolean;
}

export class HeardPayloads {
  #all: Heard[] = [];
  /** The place in `#all` of the first payload that {@linkcode HeardPayloads.next} has not given. */
  #next = 0;
  /** The last mark of this connection; 0 before the first one is heard. */
  #mark = 0;
  /** The last mark that was heard before the connection was lost. */
  #markBefore = 0;
  /** How many payloads came after the last mark. */
  #index = 0;

  /** Adds a payload. Returns how many older ones that this node had begun to route are given up for it. */
  add(payload: string): number {
    const [at, mark, index] = [performance.now(), this.#mark, ++this.#index];
    this.#all.push({ payload, at, mark, index, id: undefined, isDone: false });
    return this.#all.length > MAX_KEPT + GIVEN_UP_TOGETHER ? this.#giveUp() : 0;
  }

  /** Takes a mark, and forgets what is too old for any change of holders. Says whether it is the connection's first one. */
  hearMark(mark: number): boolean {
    const isFirst = this.#mark === 0;
    if (isFirst) this.#nameFirst(mark);
    this.#mark = mark;
    this.#index = 0;
    const old = performance.now() - KEPT_MS;
    const first = this.#all.findIndex((heard) =>
      heard.mark > mark - KEPT_MARKS || heard.at > old || isOpen(heard)
    );
    this.#forget(first === -1 ? this.#all.length : first);
    return isFirst;
  }

  /** The connection is a new one: its first mark will say where it stands in what all nodes hear. */
  reset(): void {
    this.#markBefore = Math.max(this.#mark, this.#markBefore);
    this.#mark = 0;
    this.#index = 0;
  }

  /** The holders of the lock have routed all payloads up to this place. */
  noteRouted(progress: string): void {
    const [mark = 0, index = 0] = progress.split(":").map(Number);
    for (const heard of this.#all) {
      if (heard.mark > mark || heard.mark === mark && heard.index > index) return;
      heard.isDone ||= heard.mark !== 0;
    }
  }

  /** {@linkcode HeardPayloads.next} begins anew, with the first payload that is not done. */
  rewind(): void {
    this.#next = 0;
  }

  /** The next payload that is not done, in order; `undefined` where none is left, or places have no names yet. */
  next(): Heard | undefined {
    if (this.#mark === 0) return undefined;
    while (this.#next < this.#all.length) {
      const heard = this.#all[this.#next++];
      if (heard?.isDone === false) return heard;
    }
    return undefined;
  }

  /** Names the places of what was heard before the first mark: after all that others may have heard before it. */
  #nameFirst(mark: number): void {
    // Where marks begin anew, Redis lost all it had, and how far anybody came: what this node had begun it still does.
    if (mark <= this.#markBefore) {
      this.#all = this.#all.filter((heard) => heard.mark === 0 || isOpen(heard));
      for (const [index, heard] of this.#all.filter(isOpen).entries()) {
        Object.assign(heard, { mark: mark - 1, index });
      }
    }
    this.#markBefore = 0;
    for (const heard of this.#all) {
      if (heard.mark !== 0) continue;
      heard.mark = mark - 1;
      heard.index += AFTER_ALL_OTHERS;
    }
  }

  /** Forgets the oldest payloads: the store was away for too long, or more comes than is kept. */
  #giveUp(): number {
    const count = this.#all.slice(0, GIVEN_UP_TOGETHER).filter(isOpen).length;
    this.#forget(GIVEN_UP_TOGETHER);
    return count;
  }

  #forget(count: number): void {
    this.#all.splice(0, count);
    this.#next = Math.max(0, this.#next - count);
  }
}

/** Whether this node has begun to route the payload, and does not know that it did. */
function isOpen({ id, isDone }: Heard): boolean {
  return id !== undefined && !isDone;
}
