/**
 * Stores what the bridge has heard, while it is this node's turn: in order, a slice at a time, and never more than so many at
 * once. While much is heard it leaves most of the time to the hearing, since Redis ends a connection that is read too
 * slowly. `bridge_router.ts` says when the turn begins and ends.
 */
import { nextTick } from "node:process";
import { HearingSlices } from "../base/hearing_slices.ts";
import { nextId } from "../base/ids.ts";
import type { Heard, HeardPayloads } from "./heard_payloads.ts";
import type { HeardWay } from "./place.ts";

/** Payloads that are begun together: they are one call to Redis, which costs less than several. */
const TOGETHER = 100;
/** Payloads that are being stored at once. */
const MOST_UNDER_WAY = 5 * TOGETHER;
/** Where one takes longer than this, fewer are stored at once: whatever else is asked of Redis waits behind them. */
const LONG_MS = 200;
/** How many fewer, or more, after each call. */
const STEP = TOGETHER / 4;

export interface RoutingInfo {
  readonly way: HeardWay;
  readonly id: string;
  /** Whether the payload may have been stored before, under the same id. */
  readonly isRetry: boolean;
  /** How far the bridge has come in the way with the payload. */
  readonly progress: string;
}

/**
 * Stores one payload. Resolves with `done` where it is stored or refused, `others` where another node has the turn, `away`
 * where nobody knows whether it is stored: then no later one is stored, unless this one is. Never rejects.
 */
export type RoutePayload = (
  payload: string,
  info: RoutingInfo,
) => Promise<"done" | "others" | "away">;

export class Routing {
  readonly #heard: HeardPayloads;
  readonly #route: RoutePayload;
  /** Whether this node may route right now. */
  readonly #mayRoute: () => boolean;
  readonly #slices = new HearingSlices();
  #isResting = false;
  /** Whether {@linkcode Routing.goOn} is called at the end of this turn of the event loop. */
  #isDue = false;
  #underWay = 0;
  /** How many may be under way, by how long they take. */
  #most = MOST_UNDER_WAY;
  #ended: "others" | "away" | undefined;
  /** Resolves when nothing is under way; there while somebody waits for that. */
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(heard: HeardPayloads, route: RoutePayload, mayRoute: () => boolean) {
    this.#heard = heard;
    this.#route = route;
    this.#mayRoute = mayRoute;
  }

  /** Why nothing more is stored: another node has the turn, or the store did not take a payload. */
  get ended(): "others" | "away" | undefined {
    return this.#ended;
  }

  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** It is this node's turn, and what ended the last one is over. */
  begin(): void {
    this.#ended = undefined;
    this.#heard.rewind();
    this.goOn();
  }

  /** A payload was heard. */
  noteHeard(): void {
    this.#slices.noteHeard();
    this.#goOnSoon();
  }

  /** Stores what waits, now or after the next rest. */
  goOn(): void {
    if (this.#isResting) return;
    if (this.#underWay === 0) this.#slices.begin();
    while (this.#isMore() && this.#underWay <= this.#most - TOGETHER) {
      if (this.#slices.isOver()) return this.#rest();
      this.#sendTogether();
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    if (this.#underWay === 0) return;
    this.#settled ??= Promise.withResolvers();
    await this.#settled.promise;
  }

  /** Goes on once for all that this turn of the event loop brings. */
  #goOnSoon(): void {
    if (this.#isDue || this.#isResting) return;
    this.#isDue = true;
    nextTick(() => {
      this.#isDue = false;
      this.goOn();
    });
  }

  #isMore(): boolean {
    return this.#ended === undefined && this.#heard.hasNext && this.#mayRoute();
  }

  #rest(): void {
    this.#isResting = true;
    void this.#slices.rest().then(() => {
      this.#isResting = false;
      this.goOn();
    });
  }

  #sendTogether(): void {
    const startedAt = performance.now();
    for (let count = 0; count < TOGETHER; count++) {
      const heard = this.#heard.next();
      if (heard === undefined) return;
      // Those of one call are stored at one time, so the first one says how long this takes.
      this.#send(heard, count === 0 ? () => this.#pace(performance.now() - startedAt) : undefined);
    }
  }

  #pace(tookMs: number): void {
    const more = tookMs < LONG_MS ? STEP : -STEP;
    this.#most = Math.min(Math.max(this.#most + more, TOGETHER), MOST_UNDER_WAY);
  }

  #send(heard: Heard, settled?: () => void): void {
    const isRetry = heard.id !== undefined;
    const id = heard.id ??= nextId();
    const progress = `${heard.mark}:${heard.index}`;
    this.#underWay++;
    void this.#route(heard.payload, { way: heard.way, id, isRetry, progress }).then((outcome) => {
      this.#underWay--;
      settled?.();
      if (outcome !== "done") this.#ended ??= outcome;
      else {
        heard.isDone = true;
        this.#heard.forgetDone();
      }
      this.#goOnSoon();
      if (this.#underWay > 0) return;
      this.#settled?.resolve();
      this.#settled = undefined;
    });
  }
}
