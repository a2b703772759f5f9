/**
 * Brings what is published in one stream into the order of its offsets, each item once, whatever the connection
 * did; `rooms/joined_room.ts` and `inbox/notifications.ts` each have one.
 */
import { SeenIds } from "./ids.ts";
import type { Recovery } from "./replies.ts";
import type { Gap, Position, Publication } from "./types.ts";

interface StreamOptions {
  /** Hands one item on. `replayed` where it did not come live. */
  deliver(item: Publication, replayed: boolean): void;
  /** Tells that something is missing for good. */
  gap(gap: Gap): void;
  /**
   * Asks the server for what came after the position; the answer goes to `recover()`.
   * @param attempt rises while the answers bring nothing, so that the next question may wait
   */
  ask(attempt: number): void;
}

/** Ids that are remembered against doubles; the oldest are forgotten. Offsets are the first guard. */
const SEEN_LIMIT = 1_000;

/** Live items that wait for earlier ones. What comes when it is full is dropped, and asked for afterwards. */
const HELD_LIMIT = 1_000;

/** How often the server may answer without what is missing, before that counts as lost. */
const MAX_FRUITLESS = 4;

export class Stream {
  readonly #options: StreamOptions;
  readonly #seen = new SeenIds(SEEN_LIMIT);
  #position: Position | undefined;
  /** Live items are handed on as they come; else they are held until the server has answered. */
  #live = false;
  #wasLive = false;
  #held: Publication[] = [];
  #overflowed = false;
  #fruitless = 0;

  constructor(options: StreamOptions, position?: Position) {
    this.#options = options;
    this.#position = position;
  }

  /** The position after the last item that was handed on. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** This turned out to be another stream, and `position` is a position in that one. */
  restart(position: Position | undefined): void {
    this.#position = position;
    this.interrupt();
  }

  /** The connection is gone: what was held comes again with the answer that the next one brings. */
  interrupt(): void {
    this.#live = false;
    this.#held = [];
    this.#overflowed = false;
    this.#fruitless = 0;
  }

  /** A live item came. */
  receive(item: Publication): void {
    if (!this.#live) return this.#hold(item);
    const position = this.#position;
    const { offset, epoch = position?.epoch } = item;
    if (offset === undefined) {
      this.#position = undefined; // no history: there is no place to come back to
      return this.#deliver(item, false);
    }
    if (position === undefined) return this.#deliver(item, false);
    if (epoch !== position.epoch && offset === 1) {
      // A new history began, in our presence: nothing of it was missed.
      return this.#advance(item, { offset, epoch: epoch ?? "" }, false);
    }
    if (epoch === position.epoch && offset === position.offset + 1) {
      return this.#advance(item, { ...position, offset }, false);
    }
    const isOld = offset <= position.offset || epoch !== position.epoch;
    if (isOld && this.#seen.has(keyOf(item))) return;
    if (offset <= position.offset && item.epoch === position.epoch) return;
    // Something is missing, or an old offset with a new id: another epoch that did not say so.
    this.#recoverWith(item);
  }

  /** Hands on a part of what was missed, oldest first; more is to come. */
  replay(items: readonly Publication[], epoch: string): void {
    for (const item of items) {
      const { offset } = item;
      if (offset === undefined) this.#deliver(item, true);
      else if (offset > (this.#position?.offset ?? -1)) {
        this.#advance(item, { offset, epoch }, true);
      }
    }
  }

  /**
   * Takes the server's answer: hands on what was missed, then what was held, and is live from then on. Where there is
   * more, it asks on.
   */
  recover({ position, recovered, reason, more, items }: Recovery): void {
    const since = this.#position;
    if (recovered && position !== undefined) {
      this.replay(items, position.epoch);
      // Not all offsets exist any more, so the last item may be before the position. The epoch may be another: where the
      // store came back without loss, places of before are good, and later ones are of the new epoch.
      if (position.offset >= (this.#position?.offset ?? -1)) this.#position = position;
      if (more) return this.#options.ask(0);
      return this.#goLive(since?.offset === this.#position?.offset);
    }
    this.#position = position;
    if (since !== undefined) {
      this.#options.gap({ reason: reason === "new" ? "epoch" : reason, since, now: position });
    } else if (this.#wasLive) this.#options.gap({ reason: "no_history", since, now: position });
    for (const item of items) this.#deliver(item, true);
    if (more) return this.#options.ask(0);
    // What was held and is no longer asked for: we have it, so it is not part of the gap. Nor is what does not
    // say its epoch when that changed, but no place is known for it: it may be of one that is gone again.
    const isSameEpoch = since === undefined || since.epoch === position?.epoch;
    const isPlaced = (item: Publication) =>
      this.#isAhead(item) && (isSameEpoch || item.epoch !== undefined);
    for (const item of inOrder(this.#held)) if (!isPlaced(item)) this.#deliver(item, true);
    this.#held = this.#held.filter(isPlaced);
    this.#goLive(false);
  }

  #goLive(wasFruitless: boolean): void {
    this.#live = this.#wasLive = true;
    const held = inOrder(this.#held).filter((item) => this.#isAhead(item));
    const overflowed = this.#overflowed;
    this.#held = [];
    this.#overflowed = false;
    this.#fruitless = wasFruitless ? this.#fruitless + 1 : 0;
    if (this.#fruitless > MAX_FRUITLESS) this.#giveUp(held);
    else for (const item of held) this.receive(item);
    if (overflowed && this.#live) this.#startAsking();
    if (this.#live) this.#fruitless = 0;
  }

  /** The server cannot fill the hole before the first of these: says so, and goes on behind it. */
  #giveUp(held: readonly Publication[]): void {
    const [first] = held;
    const since = this.#position;
    if (since !== undefined && first?.offset !== undefined) {
      this.#position = { offset: first.offset - 1, epoch: first.epoch ?? since.epoch };
      this.#options.gap({ reason: "unrecoverable", since, now: this.#position });
    }
    this.#fruitless = 0;
    for (const item of held) this.receive(item);
  }

  #isAhead({ offset }: Publication): boolean {
    return offset === undefined || this.#position === undefined || offset > this.#position.offset;
  }

  #recoverWith(item: Publication): void {
    this.#startAsking();
    this.#hold(item);
  }

  #startAsking(): void {
    this.#live = false;
    this.#options.ask(this.#fruitless);
  }

  #hold(item: Publication): void {
    if (this.#held.length < HELD_LIMIT) this.#held.push(item);
    else this.#overflowed = true;
  }

  /** The position is moved first, so that a handler that reads it finds its own message behind it. */
  #advance(item: Publication, position: Position, replayed: boolean): void {
    this.#position = position;
    this.#deliver(item, replayed);
  }

  #deliver(item: Publication, replayed: boolean): void {
    if (this.#seen.add(keyOf(item))) this.#options.deliver(item, replayed);
  }
}

/**
 * An id is its user's own: another user may say something else under the same one. What was changed or snoozed comes again under
 * its id, at another place.
 */
function keyOf({ id, userId, offset, details }: Publication): string {
  const key = `${id}\n${userId}`;
  return (details?.editedAt ?? details?.snoozedAt) === undefined ? key : `${key}\n${offset}`;
}

function inOrder(items: readonly Publication[]): Publication[] {
  return [...items].sort((a, b) => (a.offset ?? 0) - (b.offset ?? 0));
}
