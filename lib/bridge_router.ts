/**
 * Routes what the bridge hears, while this node holds the lock; else keeps it, to go on where a holder stopped.
 *
 * All nodes hear the same in the same order, so a place in it has one name everywhere: the number of the last mark
 * (the holder makes one twice a second) and how many payloads came after it.
 */
import { getLogger } from "@logtape/logtape";
import type { Counters } from "./counters.ts";
import type { TurnLock } from "./engines/redis_turn_lock.ts";
import { NotifyliError } from "./errors.ts";

const log = getLogger(["notifyli", "bridge"]);

/** Payloads that are kept for a change of holders; past so many the oldest go. */
const MAX_KEPT = 50_000;

/** Marks after which a payload is no longer kept: 5 s, longer than a lock outlives its holder. */
const KEPT_MARKS = 10;

/** More than any node hears between two marks. */
const AFTER_ALL_OTHERS = 1_000_000_000;

/** A payload, and its place in what all nodes hear. */
interface Heard {
  readonly payload: string;
  mark: number;
  index: number;
}

/** Stores one payload, with how far the bridge came. Never rejects. */
export type Route = (payload: string, progress: string) => Promise<void>;

export class BridgeRouter {
  readonly #lock: TurnLock;
  readonly #route: Route;
  readonly #counters: Counters;
  #heard: Heard[] = [];
  /** The first of them that this node has not routed. */
  #next = 0;
  /** 0 before the first mark is heard. */
  #mark = 0;
  #index = 0;
  #isStopping = false;
  #renewing: Promise<void> | undefined;
  readonly #routing = new Set<Promise<void>>();

  constructor(lock: TurnLock, route: Route, counters: Counters) {
    this.#lock = lock;
    this.#route = route;
    this.#counters = counters;
  }

  /** A payload came. */
  hear(payload: string): void {
    this.#counters.bridge_received++;
    this.#heard.push({ payload, mark: this.#mark, index: ++this.#index });
    if (this.#heard.length > MAX_KEPT) this.#forget(1);
    if (this.#lock.isHeld) this.#sendAll();
  }

  /** A mark came: what is too old for any change of holders is forgotten. */
  hearMark(mark: number): void {
    if (this.#mark === 0) this.#nameFirst(mark);
    this.#mark = mark;
    this.#index = 0;
    const first = this.#heard.findIndex((heard) => heard.mark > mark - KEPT_MARKS);
    this.#forget(first === -1 ? this.#heard.length : first);
  }

  /** Keeps the lock or tries to take it, and routes what its holders have not. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  /** What was heard up to now says nothing of what comes: the connection is a new one. */
  reset(): void {
    this.#heard = [];
    this.#next = 0;
    this.#mark = 0;
    this.#index = 0;
  }

  /** Routes no more, and lets another node go on when what is under way is stored. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#renewing;
    await Promise.all(this.#routing);
    await this.#lock.release();
  }

  async #renew(): Promise<void> {
    if (this.#isStopping) return;
    const before = this.#lock.isHeld;
    try {
      const progress = await this.#lock.hold();
      if (progress === undefined) return;
      if (!before) this.#goOnFrom(progress);
      this.#sendAll();
      await this.#lock.mark();
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Skips what the holders before this one have routed. */
  #goOnFrom(progress: string): void {
    log.info("this node routes what is published");
    const [mark = 0, index = 0] = progress.split(":").map(Number);
    const isDone = (heard: Heard) =>
      heard.mark < mark || heard.mark === mark && heard.index <= index;
    while (this.#next < this.#heard.length && isDone(this.#heard[this.#next]!)) this.#next++;
  }

  /** Names the places of what was heard before the first mark, after all that others may have heard before it. */
  #nameFirst(mark: number): void {
    for (const heard of this.#heard) {
      heard.mark = mark - 1;
      heard.index += AFTER_ALL_OTHERS;
    }
    void this.renew();
  }

  /** Routes all there is, in order; before the first mark its places have no names yet. */
  #sendAll(): void {
    if (this.#isStopping || this.#mark === 0) return;
    for (; this.#next < this.#heard.length; this.#next++) {
      const { payload, mark, index } = this.#heard[this.#next]!;
      const routing = this.#route(payload, `${mark}:${index}`)
        .finally(() => this.#routing.delete(routing));
      this.#routing.add(routing);
    }
  }

  #forget(count: number): void {
    this.#heard.splice(0, count);
    this.#next = Math.max(0, this.#next - count);
  }

  /** That Redis is away it has logged itself; that it refuses, its lease has. */
  #noteFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isKnown = error instanceof NotifyliError;
    log[isKnown ? "debug" : "error"]("the lock was not renewed: {reason}", { reason });
  }
}
