/** The books of one room: what was accepted in it, and what each subscriber saw, in which order and with which gaps. */

const SHOWN = 5;

/** In place of an id: the subscriber was told that something may be missing here. */
const GAP = Symbol("gap");

export class RoomLedger {
  readonly #accepted = new Set<string>();
  readonly #sent = new Set<string>();
  readonly #seen = new Map<string, (string | typeof GAP)[]>();
  /** The epochs in which each message was seen. */
  readonly #epochs = new Map<string, Set<string>>();
  gaps = 0;

  sent(id: string): void {
    this.#sent.add(id);
  }

  accepted(id: string): void {
    this.#accepted.add(id);
  }

  /** @param epoch the epoch of the room's history as the subscriber saw the message */
  saw(subscriber: string, id: string, epoch = ""): void {
    this.#of(subscriber).push(id);
    this.#epochs.set(id, (this.#epochs.get(id) ?? new Set()).add(epoch));
  }

  toldGap(subscriber: string): void {
    this.gaps++;
    this.#of(subscriber).push(GAP);
  }

  get acceptedIds(): ReadonlySet<string> {
    return this.#accepted;
  }

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  /** Whether nobody waits for anything any more, as far as one can know. */
  get isSettled(): boolean {
    return [...this.#seen.values()].every((seen) =>
      seen.includes(GAP) || this.#accepted.isSubsetOf(new Set(seen))
    );
  }

  /** Throws with what is missing, doubled or in another order than for others. */
  check(): void {
    const faults = [...this.#seen].flatMap(([subscriber, seen]) => [
      ...this.#doubles(subscriber, seen),
      ...this.#missing(subscriber, seen),
      ...this.#otherOrders(subscriber, seen),
    ]);
    if (faults.length === 0) return;
    const more = faults.length > SHOWN ? `\n  and ${faults.length - SHOWN} more` : "";
    throw new Error(
      `In the room, of ${this.#accepted.size} accepted:\n  ${
        faults.slice(0, SHOWN).join("\n  ")
      }${more}`,
    );
  }

  #doubles(subscriber: string, seen: readonly (string | typeof GAP)[]): string[] {
    const ids = seen.filter((id) => id !== GAP);
    const once = new Set<string>();
    return ids.flatMap((id) => {
      const isNew = once.size < once.add(id).size;
      if (!this.#sent.has(id)) return [`${subscriber} saw ${id}, which nobody sent`];
      return isNew ? [] : [`${subscriber} saw ${id} twice`];
    });
  }

  /**
   * A server that was killed may have given a message to some, but no answer to its sender, who says it again once the server
   * is back, without its history. Then it has two places, and no subscriber is given it twice.
   */
  #hasOnePlace(id: string | typeof GAP): boolean {
    return id === GAP || (this.#epochs.get(id)?.size ?? 0) < 2;
  }

  /** What another saw between two of this one's messages must be here too, or a gap. */
  #missing(subscriber: string, all: readonly (string | typeof GAP)[]): string[] {
    const seen = all.filter((id) => this.#hasOnePlace(id));
    const has = new Set(all);
    const missing = [...this.#accepted].filter((id) => !has.has(id) && this.#hasOnePlace(id));
    return missing.filter((id) => !this.#isInGap(id, seen))
      .map((id) => `${subscriber} missed ${id} and was told no gap there`);
  }

  #isInGap(id: string, seen: readonly (string | typeof GAP)[]): boolean {
    const other = [...this.#seen.values()].find((each) => each.includes(id));
    if (other === undefined) return seen.includes(GAP); // all missed it: no place is known for it
    const place = new Map(seen.map((each, index) => [each, index]));
    const at = other.indexOf(id);
    const shared = (each: string | typeof GAP) => each !== GAP && place.has(each);
    const before = other.slice(0, at).findLast(shared);
    const after = other.slice(at).find(shared);
    const from = before === undefined ? 0 : place.get(before) ?? 0;
    const to = after === undefined ? seen.length : place.get(after) ?? 0;
    return seen.slice(from, to).includes(GAP);
  }

  #otherOrders(subscriber: string, seen: readonly (string | typeof GAP)[]): string[] {
    return [...this.#seen].flatMap(([other, theirs]) => {
      if (other <= subscriber) return [];
      const placed = (id: string | typeof GAP) => this.#hasOnePlace(id);
      const mine = shared(seen, theirs).filter(placed);
      const others = shared(theirs, seen).filter(placed);
      const at = mine.findIndex((id, index) => id !== others[index]);
      if (at < 0) return [];
      return [`${subscriber} saw ${String(mine[at])} where ${other} saw ${String(others[at])}`];
    });
  }

  #of(subscriber: string): (string | typeof GAP)[] {
    const seen = this.#seen.get(subscriber) ?? [];
    this.#seen.set(subscriber, seen);
    return seen;
  }
}

/** What of the first is in the second, gaps aside. */
function shared<T>(these: readonly T[], those: readonly T[]): T[] {
  const others = new Set(those);
  return these.filter((each) => typeof each === "string" && others.has(each));
}
