/**
 * What a node sends right now. It holds each push for as long as it works on it, so that no other node takes it for left behind, and
 * takes none a second time, also where it was too busy to say that it is still there.
 */
import type { Database } from "../engines/database/database.ts";
import { holdSends, type Send } from "./store.ts";

/** How many pushes are under way at once, and how many of them to one push service: one that is slow leaves room for others. */
const AT_ONCE = 64;
const AT_ONE = 32;

/** A hold is renewed when so much of it is over. */
const RENEWED = 1 / 3;

interface Held {
  until: number;
  /** Whether what became of it is being written down. */
  isEnding: boolean;
}

export class UnderWay {
  readonly #database: Database;
  readonly #heldMs: number;
  readonly #held = new Map<Send, Held>();
  #renewing: Promise<void> = Promise.resolve();

  /** @param heldMs how long a node may be silent before another one takes what it has taken */
  constructor(database: Database, heldMs: number) {
    this.#database = database;
    this.#heldMs = heldMs;
  }

  get count(): number {
    return this.#held.size;
  }

  /** How many more may be taken together. */
  get room(): number {
    return Math.min(AT_ONE, AT_ONCE - this.#held.size);
  }

  /** How long it may take until {@linkcode UnderWay.renew} is called again. */
  get restMs(): number {
    return this.#held.size === 0 ? Infinity : this.#heldMs * RENEWED;
  }

  /** The push services that have as much to do as they may have. */
  get busy(): string[] {
    const counts = new Map<string, number>();
    for (const { origin } of this.#held.keys()) {
      counts.set(origin, (counts.get(origin) ?? 0) + 1);
    }
    return [...counts].filter(([, count]) => count >= AT_ONE).map(([origin]) => origin);
  }

  /** Until when it is held what is taken now. */
  heldUntil(now: number): number {
    return now + this.#heldMs;
  }

  begin(send: Send): void {
    this.#held.set(send, { until: send.heldUntil, isEnding: false });
  }

  end(send: Send): void {
    this.#held.delete(send);
  }

  /** Those that others may take, though they are under way here: this node was too busy, or its clock has jumped. */
  lapsed(now: number): Send[] {
    return [...this.#held].filter(([, { until }]) => until < now).map(([send]) => send);
  }

  /** Holds for longer what may take longer. What another node has taken stays its own. */
  async renew(now: number): Promise<void> {
    const from = this.heldUntil(now) - this.#heldMs * RENEWED;
    const some = [...this.#held].filter(([, { until, isEnding }]) => until < from && !isEnding);
    if (some.length === 0) return;
    const renewing = this.#hold(some, this.heldUntil(now));
    this.#renewing = renewing.catch(() => {});
    await renewing;
  }

  async #hold(some: readonly [Send, Held][], until: number): Promise<void> {
    const sends = some.map(([send, held]) => ({ ...send, heldUntil: held.until }));
    const renewed = await this.#database.transaction(() => holdSends(sends, until));
    some.forEach(([, held], index) => {
      if (renewed[index]) held.until = until;
    });
  }

  /** A push as it is held, for who writes down what became of it: it is not held for longer from then on. */
  async ending(send: Send): Promise<Send> {
    const held = this.#held.get(send);
    if (held === undefined) return send;
    held.isEnding = true;
    await this.#renewing;
    return { ...send, heldUntil: held.until };
  }
}
