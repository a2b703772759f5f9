/**
 * Lets a push service rest that has failed several times in a row, so that it is not asked by all that waits for it, and the
 * queue does not spend its time on it. After a rest one attempt is made; where that fails, the next rest is longer.
 */
import type { PushResult } from "../types.ts";

/** How many attempts fail in a row before an origin rests. */
const FAILURES = 5;

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 300_000;

/** A rest that the service itself has asked for may be longer. */
const LONGEST_ASKED_MS = 3_600_000;
const JITTER = 0.25;

/** After so long an attempt counts as forgotten, and another may be made. */
const ATTEMPT_MS = 60_000;

/** While an attempt is under way, the others ask again so often. */
const ASK_AGAIN_MS = 1000;

/** Endpoints are named by clients. Of what fails longest nothing is known any more, past so many. */
const MOST_ORIGINS = 10_000;

interface Failing {
  /** In a row, before the first rest. */
  failures: number;
  /** In a row. */
  rests: number;
  /** Unix milliseconds: when the rest ends. */
  restsUntil: number;
  /** Unix milliseconds until which the one attempt after a rest is waited for; 0 where none is under way. */
  attemptUntil: number;
}

export class Breakers {
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #failing = new Map<string, Failing>();

  constructor(now: () => number, random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** How many origins rest, or are tried after a rest. */
  get resting(): number {
    return this.#failing.values().filter(({ rests }) => rests > 0).reduce((count) => count + 1, 0);
  }

  /**
   * Asks whether an attempt may be made now: `undefined` means yes, and what becomes of it must be noted; else this is when
   * (Unix milliseconds) to ask again. After a rest, who asks first makes the one attempt.
   */
  restsUntil(origin: string): number | undefined {
    const failing = this.#failing.get(origin);
    if (failing === undefined || failing.rests === 0) return undefined;
    const now = this.#now();
    if (isAhead(failing.restsUntil, now, LONGEST_ASKED_MS)) return failing.restsUntil;
    if (isAhead(failing.attemptUntil, now, ATTEMPT_MS)) return now + ASK_AGAIN_MS;
    failing.attemptUntil = now + ATTEMPT_MS;
    return undefined;
  }

  /** Notes what became of an attempt. */
  note(origin: string, result: PushResult): void {
    if (result.result !== "later") return void this.#failing.delete(origin);
    const failing = this.#failing.get(origin) ?? this.#begin(origin);
    if (result.isAlone) failing.attemptUntil = 0; // says neither that it works nor that it fails
    else if (failing.rests > 0 ? failing.attemptUntil > 0 : ++failing.failures >= FAILURES) {
      this.#rest(failing, result.at);
    }
  }

  #rest(failing: Failing, asked = 0): void {
    const now = this.#now();
    const middle = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failing.rests++);
    const restMs = middle * (1 - JITTER + 2 * JITTER * this.#random());
    const askedMs = Math.min(asked - now, LONGEST_ASKED_MS);
    failing.restsUntil = Math.round(now + Math.max(restMs, askedMs));
    failing.attemptUntil = 0;
  }

  #begin(origin: string): Failing {
    const failing = { failures: 0, rests: 0, restsUntil: 0, attemptUntil: 0 };
    this.#failing.set(origin, failing);
    const [oldest = ""] = this.#failing.keys();
    if (this.#failing.size > MOST_ORIGINS) this.#failing.delete(oldest);
    return failing;
  }
}

/** Whether a time is to come; one that is further ahead than it can have been set is of a clock that was set back. */
function isAhead(time: number, now: number, mostMs: number): boolean {
  return time > now && time - now <= mostMs;
}
