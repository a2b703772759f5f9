/**
 * Routes what the bridge hears while this node holds the lock (`routing.ts`). A node without the lock keeps what it hears, to
 * go on where a holder stopped (`heard_payloads.ts`).
 */
import { logFor } from "../base/log.ts";
import type { BridgeCounters } from "./metrics.ts";
import type { TurnLock } from "./turn_lock.ts";
import { pause } from "../base/clock.ts";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import { HeardPayloads } from "./heard_payloads.ts";
import type { HeardWay, Progress } from "./place.ts";
import { type RoutePayload, Routing } from "./routing.ts";

const log = logFor("bridge");

/**
 * How long after it connected a node leaves the turn to others, if there are any, who have heard what came before. It leaves
 * a free lock to them for as long where it did not hear all since the last holder. This is longer than one of them takes to
 * notice that a holder died.
 */
const NEW_MS = 5000;

/** Before all that was ever heard. */
const NOWHERE: Progress = { bridge: "", publications: "" };

/** How often the log says how many payloads were given up. */
const TOLD_EVERY_MS = 1000;

/** How often a node that stops looks whether it has routed what it heard. */
const DRAIN_LOOK_MS = 20;

export class BridgeRouter {
  readonly #lock: TurnLock<HeardWay>;
  readonly #counters: BridgeCounters;
  readonly #heard: HeardPayloads;
  readonly #routing: Routing;
  /** When the connection came on which this node hears. */
  #connectedAt = 0;
  #connections = 0;
  #isSubscribed = false;
  /** Since when nobody holds the lock that this node leaves to others, on `performance.now()`'s clock. */
  #freeSince: number | undefined;
  /** How far the holders have come, as far as this node knows. */
  #progress = NOWHERE;
  /** Whether this node was cut off, and nobody is known to have gone on with what came meanwhile. */
  #wasCutOff = false;
  /** How far the holders had come when this node took the turn after that, or held it on; `undefined` while it has not. */
  #stoppedAt: Progress | undefined;
  #givenUp = 0;
  #toldAt = -Infinity;
  #isStopping = false;
  #renewing: Promise<void> | undefined;

  /** @param maxLength most characters of all that is kept */
  constructor(
    lock: TurnLock<HeardWay>,
    route: RoutePayload,
    { counters, maxLength }: { counters: BridgeCounters; maxLength?: number },
  ) {
    this.#lock = lock;
    this.#counters = counters;
    this.#heard = new HeardPayloads(maxLength);
    this.#routing = new Routing(this.#heard, route, () => lock.isHeld && !this.#isStopping);
  }

  hear(payload: string, way: HeardWay): void {
    this.#counters.received.value++;
    if (!this.#heard.add(payload, { routes: this.#lock.isHeld, way })) this.#noteGivenUp(1);
    this.#routing.noteHeard();
  }

  hearMark(mark: number): void {
    if (!this.#heard.hearMark(mark)) return;
    this.#lookForGap();
    void this.renew();
  }

  /** Keeps the lock or tries to take it, and routes what its holders have not. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
    return this.#renewing;
  }

  /** The connection is a new one. */
  reset(): void {
    this.#connectedAt = performance.now();
    this.#isSubscribed = false;
    if (++this.#connections > 1) {
      this.#counters.cutOff.value++;
      this.#wasCutOff = true;
      // A node that holds the lock all the while is the only one that could have gone on.
      this.#stoppedAt = this.#lock.isHeld ? this.#heard.heardUpTo : undefined;
    }
    this.#heard.reset();
  }

  /** From now on this node hears what is published. */
  noteSubscribed(): void {
    this.#isSubscribed = true;
  }

  /** Routes what was heard by nobody else, then no more, and lets another node go on. */
  async stop(): Promise<void> {
    while (await this.#hasLeft()) await pause(DRAIN_LOOK_MS);
    this.#isStopping = true;
    await this.#renewing;
    await this.#routing.settled();
    await this.#lock.release();
  }

  /** Whether this node routes, and no other could go on with what waits. */
  async #hasLeft(): Promise<boolean> {
    if (!this.#heard.hasNext || !this.#lock.isHeld || this.#routing.ended !== undefined) {
      return false;
    }
    return await this.#lock.isAlone(this.#isSubscribed).catch(() => false);
  }

  async #renew(): Promise<void> {
    if (this.#isStopping) return;
    const goesOn = this.#lock.isHeld && this.#routing.ended === undefined;
    try {
      if (!goesOn) await this.#fence();
      const { isHeld, progress } = await this.#lock.hold(await this.#leavesToOthers());
      if (!isHeld || !goesOn) this.#noteProgress(isHeld, progress);
      if (!isHeld) return;
      if (goesOn) this.#routing.goOn();
      else this.#takeTurn();
      await this.#lock.mark(
        this.#routing.isIdle && this.#heard.isEmpty ? this.#heard.heardUpTo : NOWHERE,
      );
    } catch (error) {
      this.#noteFailure(error);
    }
  }

  /** Waits for what is under way, and has the store refuse what may still be on its way on a connection that is gone. */
  async #fence(): Promise<void> {
    await this.#routing.settled();
    if (this.#routing.ended === "away") await this.#lock.renew();
  }

  /** Whether other nodes have heard what this one has not. */
  async #leavesToOthers(): Promise<boolean> {
    const now = performance.now();
    const isNew = now - this.#connectedAt < NEW_MS;
    const isMissed = this.#heard.misses(this.#progress) &&
      now - (this.#freeSince ?? now) < NEW_MS;
    return (isNew || isMissed) && !await this.#lock.isAlone(this.#isSubscribed);
  }

  /** Another node has the turn, or had it until now, and came so far. */
  #noteProgress(isHeld: boolean, progress: Progress): void {
    this.#progress = progress;
    this.#heard.noteRouted(progress);
    if (isHeld || this.#lock.waitMs > 1) this.#freeSince = undefined;
    else this.#freeSince ??= performance.now();
    if (isHeld) this.#stoppedAt ??= progress;
    else if (this.#heard.hasMark && !this.#heard.misses(progress)) this.#wasCutOff = false;
  }

  #takeTurn(): void {
    log.info("this node routes what is published");
    this.#lookForGap();
    const dropped = this.#heard.takeDropped();
    if (dropped > 0) this.#noteGivenUp(dropped);
    this.#routing.begin();
  }

  /** Says so where this node goes on and did not hear all since the last holder stopped. */
  #lookForGap(): void {
    if (!this.#wasCutOff || !this.#lock.isHeld || !this.#heard.hasMark) return;
    this.#wasCutOff = false;
    if (!this.#heard.misses(this.#stoppedAt ?? this.#progress)) return;
    this.#counters.gaps.value++;
    log.error(
      "what was published while this node was cut off from Redis may be lost: no node went on that heard it; " +
        "see docs/redis.md, Bursts",
    );
  }

  #noteGivenUp(count: number): void {
    this.#counters.refused.value += count;
    this.#givenUp += count;
    const now = performance.now();
    if (now - this.#toldAt < TOLD_EVERY_MS) return;
    log.error("{count} payloads are given up: too much waits for Redis", { count: this.#givenUp });
    this.#toldAt = now;
    this.#givenUp = 0;
  }

  /** A `CodedError` is known already: its connection has logged that Redis is away, its lease that Redis refuses. */
  #noteFailure(error: unknown): void {
    const reason = reasonOf(error);
    const isKnown = error instanceof CodedError;
    log[isKnown ? "debug" : "error"]("the lock was not renewed: {reason}", { reason });
  }
}
