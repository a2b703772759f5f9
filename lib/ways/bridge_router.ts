/**
 * Routes what the bridge hears while this node holds the lock. A node without the lock keeps what it hears, to go on where
 * a holder stopped (`heard_payloads.ts`).
 */
import { getLogger } from "@logtape/logtape";
import type { BridgeCounters } from "./metrics.ts";
import type { TurnLock } from "./turn_lock.ts";
import { CodedError } from "../base/errors.ts";
import { nextId } from "../base/ids.ts";
import { reasonOf } from "../base/reason.ts";
import { type Heard, HeardPayloads, MAX_KEPT } from "./heard_payloads.ts";

const log = getLogger(["notifyli", "bridge"]);

/**
 * How long after it connected a node leaves the turn to others, if there are any, who have heard what came before.
 * This is longer than one of them takes to notice that a holder died.
 */
const NEW_MS = 5000;

export interface Routing {
  readonly id: string;
  /** Whether the payload may have been stored before, under the same id. */
  readonly isRetry: boolean;
  /** How far the bridge has come with the payload. */
  readonly progress: string;
}

/**
 * Stores one payload. Resolves with `done` where it is stored or refused, `others` where another node has the turn, `away`
 * where nobody knows whether it is stored: then no later one is stored, unless this one is. Never rejects.
 */
export type RoutePayload = (
  payload: string,
  routing: Routing,
) => Promise<"done" | "others" | "away">;

export class BridgeRouter {
  readonly #lock: TurnLock;
  readonly #route: RoutePayload;
  readonly #counters: BridgeCounters;
  readonly #heard = new HeardPayloads();
  /** Whether the store did not take a payload: those after it wait until it has. */
  #isStalled = false;
  /** When the connection came on which this node hears. */
  #connectedAt = 0;
  #isStopping = false;
  #renewing: Promise<void> | undefined;
  /** How many payloads are being stored. */
  #underWay = 0;
  /** Resolves when nothing is under way; there while somebody waits for that. */
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(lock: TurnLock, route: RoutePayload, counters: BridgeCounters) {
    this.#lock = lock;
    this.#route = route;
    this.#counters = counters;
  }

  hear(payload: string): void {
    this.#counters.received.value++;
    const givenUp = this.#heard.add(payload);
    if (givenUp > 0) this.#noteGivenUp(givenUp);
    if (this.#lock.isHeld) this.#sendAll();
  }

  hearMark(mark: number): void {
    if (this.#heard.hearMark(mark)) void this.renew();
  }

  /** Keeps the lock or tries to take it, and routes what its holders have not. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  /** The connection is a new one. */
  reset(): void {
    this.#connectedAt = performance.now();
    this.#heard.reset();
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
      if (!isHeld || !goesOn) this.#heard.noteRouted(progress);
      if (!isHeld) return;
      if (!goesOn) this.#takeTurn();
      this.#sendAll();
      await this.#lock.mark();
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Has the store refuse what was tried and may still be on its way on a connection that is gone. */
  async #fence(): Promise<void> {
    await this.#untilSettled();
    await this.#lock.renew();
  }

  #takeTurn(): void {
    log.info("this node routes what is published");
    this.#heard.rewind();
  }

  #sendAll(): void {
    while (!this.#isStopping && !this.#isStalled) {
      const heard = this.#heard.next();
      if (heard === undefined) return;
      this.#send(heard);
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

  #noteGivenUp(count: number): void {
    this.#counters.refused.value += count;
    log.error("{count} payloads are given up: {kept} of them wait for Redis", {
      count,
      kept: MAX_KEPT,
    });
  }

  /** A `CodedError` is known already: its connection has logged that Redis is away, its lease that Redis refuses. */
  #noteFailure(error: unknown): void {
    const reason = reasonOf(error);
    const isKnown = error instanceof CodedError;
    log[isKnown ? "debug" : "error"]("the lock was not renewed: {reason}", { reason });
  }
}
