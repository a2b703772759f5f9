/**
 * Routes what the bridge hears, while this node holds the lock; else keeps it, to go on where a holder stopped.
 *
 * All nodes hear the same in the same order, so a place in it has one name everywhere: the number of the last mark
 * (the holder makes one twice a second) and how many payloads came after it.
 */
import { getLogger } from "@logtape/logtape";
import type { BridgeCounters } from "./metrics.ts";
import type { TurnLock } from "./turn_lock.ts";
import { CodedError } from "../base/errors.ts";
import { nextId } from "../base/ids.ts";

const log = getLogger(["notifyli", "bridge"]);

/**
 * Payloads that are kept for a change of holders: 5 s of 20,000 a second. Past so many the oldest go, a thousand
 * together, since all that is kept moves up each time.
 */
const MAX_KEPT = 100_000;
const GIVEN_UP_TOGETHER = 1000;

/** Marks and time after which a payload is no longer kept: longer than a lock outlives its holder. */
const KEPT_MARKS = 10;
const KEPT_MS = 5000;

/**
 * For so long after it connected a node leaves the turn to others, where there are any: they have heard what came before.
 * Longer than it takes one of them to notice that a holder died.
 */
const NEW_MS = 5000;

/** More than any node hears between two marks. */
const AFTER_ALL_OTHERS = 1_000_000_000;

/** A payload, and its place in what all nodes hear. */
interface Heard {
  readonly payload: string;
  /** On `performance.now()`'s clock. */
  readonly at: number;
  /** 0 while its place has no name. */
  mark: number;
  index: number;
  /** Of the notification that this node makes of it; `undefined` while it has not tried to. */
  id: string | undefined;
  /** This node has stored it, or found it wrong. */
  isDone: boolean;
}

export interface Routing {
  readonly id: string;
  /** It may have been stored before, under the same id. */
  readonly isRetry: boolean;
  /** How far the bridge came with it. */
  readonly progress: string;
}

/**
 * Stores one payload. Answers `done` where it is stored or refused, `others` where another node has the turn, `away`
 * where nobody knows whether it is stored: then none after it is, unless it is. Never rejects.
 */
export type Route = (payload: string, routing: Routing) => Promise<"done" | "others" | "away">;

export class BridgeRouter {
  readonly #lock: TurnLock;
  readonly #route: Route;
  readonly #counters: BridgeCounters;
  #heard: Heard[] = [];
  /** The first of them that this node has not routed. */
  #next = 0;
  /** 0 before the first mark is heard. */
  #mark = 0;
  /** The last one that was heard before the connection was lost. */
  #markBefore = 0;
  /** The store did not take one: those after it wait until it has. */
  #isStalled = false;
  #index = 0;
  /** Of the connection on which it hears. */
  #connectedAt = 0;
  #isStopping = false;
  #renewing: Promise<void> | undefined;
  #underWay = 0;
  /** Somebody waits until nothing is under way. */
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(lock: TurnLock, route: Route, counters: BridgeCounters) {
    this.#lock = lock;
    this.#route = route;
    this.#counters = counters;
  }

  /** A payload came. */
  hear(payload: string): void {
    this.#counters.received.value++;
    const [at, mark, index] = [performance.now(), this.#mark, ++this.#index];
    this.#heard.push({ payload, at, mark, index, id: undefined, isDone: false });
    if (this.#heard.length > MAX_KEPT + GIVEN_UP_TOGETHER) this.#giveUp();
    if (this.#lock.isHeld) this.#sendAll();
  }

  /** A mark came: what is too old for any change of holders is forgotten. */
  hearMark(mark: number): void {
    if (this.#mark === 0) this.#nameFirst(mark);
    this.#mark = mark;
    this.#index = 0;
    const old = performance.now() - KEPT_MS;
    const first = this.#heard.findIndex((heard) =>
      heard.mark > mark - KEPT_MARKS || heard.at > old || isOpen(heard)
    );
    this.#forget(first === -1 ? this.#heard.length : first);
  }

  /** Keeps the lock or tries to take it, and routes what its holders have not. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  /** The connection is a new one: where it stands in what all hear, its first mark will say. */
  reset(): void {
    this.#connectedAt = performance.now();
    this.#markBefore = Math.max(this.#mark, this.#markBefore);
    this.#mark = 0;
    this.#index = 0;
  }

  /** Routes no more, and lets another node go on when what is under way is stored. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#renewing;
    await this.#untilSettled();
    await this.#lock.release();
  }

  async #renew(): Promise<void> {
    if (this.#isStopping) return;
    const goesOn = this.#lock.isHeld && !this.#isStalled;
    try {
      if (this.#isStalled) await this.#fence();
      const isNew = performance.now() - this.#connectedAt < NEW_MS && !await this.#lock.isAlone();
      const { isHeld, progress } = await this.#lock.hold(isNew);
      this.#isStalled = false;
      if (!isHeld || !goesOn) this.#noteRouted(progress);
      if (!isHeld) return;
      if (!goesOn) this.#goOn();
      this.#sendAll();
      await this.#lock.mark();
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** What was tried may still be on its way on a connection that is gone: from now on it would be another's turn. */
  async #fence(): Promise<void> {
    await this.#untilSettled();
    await this.#lock.renew();
  }

  /** The holders of the lock have routed all up to there. */
  #noteRouted(progress: string): void {
    const [mark = 0, index = 0] = progress.split(":").map(Number);
    for (const heard of this.#heard) {
      if (heard.mark > mark || heard.mark === mark && heard.index > index) return;
      heard.isDone ||= heard.mark !== 0;
    }
  }

  /** Takes the turn, from the first that is not done. */
  #goOn(): void {
    log.info("this node routes what is published");
    this.#next = 0;
  }

  /** Names the places of what was heard before the first mark, after all that others may have heard before it. */
  #nameFirst(mark: number): void {
    // Where marks begin anew, Redis lost all it had, and how far anybody came: what this node had begun it still does.
    if (mark <= this.#markBefore) {
      this.#heard = this.#heard.filter((heard) => heard.mark === 0 || isOpen(heard));
      for (const [index, heard] of this.#heard.filter(isOpen).entries()) {
        Object.assign(heard, { mark: mark - 1, index });
      }
    }
    this.#markBefore = 0;
    for (const heard of this.#heard) {
      if (heard.mark !== 0) continue;
      heard.mark = mark - 1;
      heard.index += AFTER_ALL_OTHERS;
    }
    void this.renew();
  }

  /** Routes all there is, in order; before the first mark its places have no names yet. */
  #sendAll(): void {
    for (; this.#next < this.#heard.length; this.#next++) {
      if (this.#isStopping || this.#isStalled || this.#mark === 0) return;
      const heard = this.#heard[this.#next]!;
      if (!heard.isDone) this.#send(heard);
    }
  }

  #send(heard: Heard): void {
    const isRetry = heard.id !== undefined;
    const id = heard.id ??= nextId();
    const progress = `${heard.mark}:${heard.index}`;
    this.#underWay++;
    void this.#route(heard.payload, { id, isRetry, progress }).then((outcome) => {
      heard.isDone ||= outcome === "done";
      if (outcome === "away") this.#isStalled = true;
      if (--this.#underWay > 0) return;
      this.#settled?.resolve();
      this.#settled = undefined;
    });
  }

  async #untilSettled(): Promise<void> {
    if (this.#underWay === 0) return;
    this.#settled ??= Promise.withResolvers();
    await this.#settled.promise;
  }

  /** The store was away for too long, or more comes than is kept. */
  #giveUp(): void {
    const count = this.#heard.slice(0, GIVEN_UP_TOGETHER).filter(isOpen).length;
    this.#forget(GIVEN_UP_TOGETHER);
    if (count === 0) return;
    this.#counters.refused.value += count;
    log.error("{count} payloads are given up: {kept} of them wait for Redis", {
      count,
      kept: MAX_KEPT,
    });
  }

  #forget(count: number): void {
    this.#heard.splice(0, count);
    this.#next = Math.max(0, this.#next - count);
  }

  /** That Redis is away it has logged itself; that it refuses, its lease has. */
  #noteFailure(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isKnown = error instanceof CodedError;
    log[isKnown ? "debug" : "error"]("the lock was not renewed: {reason}", { reason });
  }
}

/** Whether this node has begun to route it, and does not know that it did. */
function isOpen({ id, isDone }: Heard): boolean {
  return id !== undefined && !isDone;
}
