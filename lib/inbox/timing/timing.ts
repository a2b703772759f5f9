/**
 * What becomes of notifications that do not come at once as others do: they are withheld, wait for a digest, or ask for attention
 * later or again. All of it is kept in the database before anything else happens, so that a crash loses nothing; `timers.ts`
 * does it when it is due. Where the database is away, a notification comes as if nobody had chosen anything: none is lost.
 */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import type { Database, Work } from "../../engines/database/database.ts";
import type { Decisions } from "../../preferences/decisions.ts";
import type { Decision, Repeat } from "../../preferences/types.ts";
import { USUAL_PRIORITY } from "../details/details.ts";
import { ALERT_AT } from "../store/kept.ts";
import type { Kept, Notification } from "../store/store.ts";
import { itemOf, nextOf } from "./digest.ts";
import type { TimingCounters } from "./metrics.ts";
import { priorityOf } from "./priority.ts";
import { Pushing } from "./pushing.ts";
import { isLast, QuietEnds } from "./quiet_ends.ts";
import {
  addItem,
  dropItem,
  dropPush,
  editItem,
  findOutcome,
  noteOutcome,
  passThrottle,
  raiseTimer,
  setTimer,
} from "./store.ts";
import type { DigestItem, Held, Meant, Outcome } from "./types.ts";
import { decide, timingKey } from "./user.ts";

/** What a timer of a digest knows of its kind. */
export interface DigestBody {
  readonly kind: string;
  readonly template?: string;
}

/** How often a notification has asked for attention again, and how it goes on. */
export interface RepeatBody extends Repeat {
  readonly done: number;
}

interface TakeOptions {
  /** Whether it is a digest, which is in none. */
  readonly isDigest?: boolean;
  /** Whether a notification with its id came before. */
  isThere?(): Promise<boolean>;
}

interface TimingParts {
  readonly database: Database;
  readonly decisions: Decisions;
  readonly counters: TimingCounters;
  now(): number;
}

/** How a notification is taken. */
export type Taking =
  /** Not into the inbox, or not by itself. */
  | { readonly held: Held }
  /** Into the inbox, maybe without asking for attention before a time in Unix milliseconds, or at all. */
  | { readonly held?: undefined; readonly isSilent: boolean; readonly alertAt?: number };

const AT_ONCE: Taking = { isSilent: false };

export class Timing {
  readonly #parts: TimingParts;
  readonly #quietEnds = new QuietEnds();
  #onTimer: (dueAt: number) => void = () => {};
  readonly pushing: Pushing;

  constructor(parts: TimingParts) {
    this.#parts = parts;
    this.pushing = new Pushing({ ...parts, onTimer: (dueAt) => this.#onTimer(dueAt) });
  }

  /**
   * What became of a notification that did not come into an inbox; `undefined` where nobody knows of such a one, or it was taken
   * back.
   */
  async outcome(site: string, id: string, user?: UserId): Promise<Outcome | undefined> {
    try {
      const found = await this.#parts.database.transaction(() => findOutcome(site, id, user));
      return found?.state === "withdrawn" ? undefined : found;
    } catch (error) {
      if (error instanceof CodedError && error.options.isAway) return undefined;
      throw error;
    }
  }

  /** Takes a notification back that waits for its digest, or that is not in the inbox and still to be pushed. Says whether it did. */
  async withdraw(site: string, id: string, user?: UserId): Promise<boolean> {
    const found = await this.outcome(site, id, user);
    if (found === undefined) return false;
    const meant = { site, id, user: found.user };
    const drop = found.state === "digested" ? dropItem : dropPush;
    return await this.#parts.database.transaction(() => drop(meant), timingKey(meant));
  }

  /** Changes a notification that waits for its digest; `undefined` where there is none. @param change may throw, which this rejects with */
  async editDigested(
    meant: Meant,
    change: (item: DigestItem) => DigestItem,
  ): Promise<DigestItem | undefined> {
    if (this.#parts.database.whyNotReady() !== undefined) return undefined;
    let failure: unknown;
    const changed = await this.#parts.database.transaction(() =>
      editItem(meant, (item) => {
        failure = undefined;
        try {
          return change(item);
        } catch (error) {
          failure = error; // within a work, an error would be taken for one of the database
          return undefined;
        }
      }), timingKey(meant));
    if (failure !== undefined) throw failure;
    return changed;
  }

  /** A timer has ended that had all of a user's ask for attention. */
  forgetQuiet(owner: { readonly site: string; readonly user: UserId }): void {
    this.#quietEnds.forget(owner);
  }

  /** Has something called whenever timers may be set, with the Unix milliseconds at which the first one may be due. */
  onTimer(onTimer: (dueAt: number) => void): void {
    this.#onTimer = onTimer;
  }

  /**
   * What becomes of a notification that comes now. It is no promise where nothing is to be done for that, as for most. Of one
   * whose id was held before, it says so again.
   */
  take(notification: Notification, options: TakeOptions = {}): Taking | Promise<Taking> {
    const decision = decide(this.#parts.decisions, notification, this.#parts.now());
    if (decision instanceof Promise) {
      return decision.then((decided) => this.#taken(notification, decided, options));
    }
    return this.#taken(notification, decision, options);
  }

  #taken(
    notification: Notification,
    decision: Decision,
    { isDigest = false, isThere }: TakeOptions,
  ): Taking | Promise<Taking> {
    const { inApp, digest, throttle, repeat } = decision;
    const isHeld = inApp === "withhold" || !isDigest && (digest ?? throttle) !== undefined;
    if (decision.isUnknown) this.pushing.later(notification, decision);
    const isPlain = !isHeld && repeat === undefined && !this.pushing.isMeant(decision);
    if (isPlain && inApp === "deliver") return AT_ONCE;
    if (isPlain && this.#isAlertSet(notification, decision)) return silently(decision);
    return this.#note(notification, decision, { isDigest, isThere }).catch((error) => {
      if (!(error instanceof CodedError) || !error.options.isAway) throw error;
      this.#parts.counters.unkept.value++;
      if (this.pushing.isMeant(decision)) this.pushing.later(notification, decision);
      return AT_ONCE;
    });
  }

  /** Whether nothing is to be written for a silent notification to ask for attention when it is to, if it ever is. */
  #isAlertSet(notification: Notification, decision: Decision): boolean {
    const { alertAt } = decision;
    if (alertAt === undefined) return true;
    if (isLast(alertAt, this.#parts.now())) return false;
    return this.#quietEnds.has(notification, decision, priorityOf(notification.details));
  }

  async #note(
    notification: Notification,
    decision: Decision,
    { isDigest = false, isThere }: TakeOptions,
  ): Promise<Taking> {
    if (notification.isCallersId && await isThere?.()) return AT_ONCE;
    const { database, decisions, counters } = this.#parts;
    const { site, user } = notification;
    const now = this.#parts.now();
    const zone = decision.digest && "at" in decision.digest
      ? await decisions.zoneOf(site, user)
      : "";
    const taking = await database.transaction(
      () => noted(notification, decision, { now, zone, isDigest, pushing: this.pushing }),
      timingKey(notification),
    );
    if (taking.held === undefined && taking.alertAt !== undefined && !isLast(taking.alertAt, now)) {
      this.#quietEnds.note(notification, decision, priorityOf(notification.details));
    }
    this.#onTimer(firstDue(decision, taking, { now, isPushed: this.pushing.isMeant(decision) }));
    const { held } = taking;
    if (held === undefined || held.isDuplicate || held.state === "withdrawn") return taking;
    counters[held.state].value++;
    if (held.why === "throttle") counters.throttled.value++;
    return taking;
  }
}

/** When the first timer of a notification may be due; `Infinity` where it has none. @param isPushed whether it has one for a push */
function firstDue(
  { alertAt, repeat }: Decision,
  { held }: Taking,
  { now, isPushed }: { now: number; isPushed: boolean },
): number {
  if (held !== undefined) return now; // its digest may have been set long ago
  if (alertAt !== undefined) return alertAt;
  if (isPushed) return now;
  return repeat === undefined ? Infinity : now + repeat.seconds * 1000;
}

interface Noting {
  readonly now: number;
  readonly zone: string;
  readonly isDigest: boolean;
  readonly pushing: Pushing;
}

function* noted(
  notification: Notification,
  decision: Decision,
  { now, zone, isDigest, pushing }: Noting,
): Work<Taking> {
  const { inApp, digest, throttle, repeat, alertAt, why = "kind" } = decision;
  const { site, user, id } = notification;
  const before = yield* findOutcome(site, id, user);
  if (before !== undefined) {
    const { state, why } = before; // sent again, it is what it was, though another decision might be made by now
    return { held: { state, why, isDuplicate: true } };
  }
  if (inApp === "withhold") {
    const taken = yield* held(notification, { state: "withheld", why }, now);
    if (!taken.isDuplicate) yield* pushing.note(notification, decision, now);
    return { held: taken };
  }
  if (!isDigest && digest !== undefined) {
    const dueAt = "at" in digest ? nextOf(digest.at, zone, now) : now + digest.seconds * 1000;
    return { held: yield* intoDigest(notification, { ...digest, dueAt, why: "kind" }, now) };
  }
  if (!isDigest && throttle !== undefined) {
    const fullUntil = yield* passThrottle(notification, throttle, now);
    if (fullUntil !== undefined) {
      const { kind } = throttle;
      return {
        held: yield* intoDigest(notification, { kind, dueAt: fullUntil, why: "throttle" }, now),
      };
    }
  }
  yield* pushing.note(notification, decision, now);
  const priority = priorityOf(notification.details);
  const timer = { ...{ site, user, ref: id, priority }, body: "" };
  const isSilent = inApp === "silent";
  if (isSilent && alertAt !== undefined) {
    yield* isLast(alertAt, now)
      ? setTimer({ ...timer, what: "alert", dueAt: alertAt }, now)
      : raiseTimer({ ...timer, what: "quiet_over", ref: String(alertAt), dueAt: alertAt }, now);
  }
  if (repeat !== undefined) {
    // Who gets it since somebody else has not read it is the last one.
    const { escalate: _escalate, ...alone } = repeat;
    const isLast = notification.details?.["escalated_from"] !== undefined;
    const body: RepeatBody = { ...(isLast ? alone : repeat), done: 0 };
    const dueAt = Math.max(now, alertAt ?? 0) + repeat.seconds * 1000;
    yield* setTimer({ ...timer, what: "repeat", dueAt, body: JSON.stringify(body) }, now);
  }
  return isSilent ? silently(decision) : AT_ONCE;
}

function silently({ alertAt }: Decision): Taking {
  return { isSilent: true, ...(alertAt !== undefined && { alertAt }) };
}

function* held(
  notification: Notification,
  outcome: Pick<Held, "state" | "why">,
  now: number,
): Work<Held> {
  const isNew = yield* noteOutcome(notification, outcome, now);
  return { ...outcome, isDuplicate: !isNew };
}

function* intoDigest(
  notification: Notification,
  { kind, template, dueAt, why }: DigestBody & { readonly dueAt: number; readonly why: string },
  now: number,
): Work<Held> {
  const { site, user } = notification;
  const taken = yield* held(notification, { state: "digested", why }, now);
  if (taken.isDuplicate) return taken;
  const body: DigestBody = { kind, ...(template !== undefined && { template }) };
  // The timer is first: another node does not close the digest until this one is in it.
  yield* setTimer({
    ...{ site, user, what: "digest", ref: kind, dueAt, priority: USUAL_PRIORITY },
    body: JSON.stringify(body),
  }, now);
  yield* addItem({ site, user }, kind, itemOf(notification), now);
  return taken;
}

/** A notification that asks for no attention, or none yet, as it was taken. */
export function silenced<K extends Kept>(
  kept: K,
  { alertAt }: Extract<Taking, { isSilent: boolean }>,
): K {
  const details = { ...kept.details, silent: true };
  return {
    ...kept,
    details: alertAt === undefined ? details : { ...details, [ALERT_AT]: alertAt },
  };
}
