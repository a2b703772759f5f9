/**
 * Has notifications pushed: writes down what is to be, before the notification is stored, and remembers what could not be written
 * down until the database is there again. `lib/push/` does what is due.
 */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { type Database, unavailable, type Work } from "../../engines/database/database.ts";
import type { Decisions } from "../../preferences/decisions.ts";
import type { Decision } from "../../preferences/types.ts";
import type { Notification } from "../store/store.ts";
import { itemOf } from "./digest.ts";
import type { TimingCounters } from "./metrics.ts";
import { priorityOf } from "./priority.ts";
import {
  type PushBody,
  type Pushes,
  type PushReceipt,
  type PushWay,
  QUIET_ROUND,
} from "./pushes.ts";
import { moveTimer, type Owner, setTimer } from "./store.ts";
import { decide, timingKey } from "./user.ts";

/** How many notifications a node remembers that are to be pushed when the database is there again. */
const MOST_UNWRITTEN = 50_000;

/** Of how many users it remembers to look what their devices show. */
const MOST_UNLOOKED = 50_000;

/** What has to be known of a notification that is pushed. */
type Pushed = Pick<Notification, "site" | "user" | "id" | "details" | "expiresAt">;

interface PushingParts {
  readonly database: Database;
  readonly decisions: Decisions;
  readonly counters: TimingCounters;
  now(): number;
  /** A timer was set, which is due then: Unix milliseconds. */
  onTimer(dueAt: number): void;
}

interface PushingOptions {
  readonly round: number;
  /** By which way the application wants it, whatever the user has chosen. */
  readonly way?: PushWay;
  readonly isAgain?: true;
  /** Whether it was quiet when it came. */
  readonly wasQuiet?: true;
}

export class Pushing {
  readonly #parts: PushingParts;
  #pushes: Pushes | undefined;
  /** What is to be pushed, or may be, and could not be written down: the database was away. */
  readonly #unwritten = new Map<string, Pushed & { readonly wasQuiet?: boolean }>();
  /** Users who have done something while the database was away: their devices may show what they have seen. */
  readonly #unlooked = new Map<string, Owner>();

  constructor(parts: PushingParts) {
    this.#parts = parts;
  }

  /** Has notifications pushed. The feature that does it calls this once. */
  by(pushes: Pushes): void {
    if (pushes.isOn) this.#pushes = pushes;
  }

  get pushes(): Pushes | undefined {
    return this.#pushes;
  }

  /** What became of a notification at devices. Where that cannot be read right now, it is left out. */
  async receipts(
    site: string,
    id: string,
    user?: UserId,
  ): Promise<{ readonly pushes?: readonly PushReceipt[] }> {
    try {
      const pushes = await this.#pushes?.receipts(site, id, user) ?? [];
      return pushes.length === 0 ? {} : { pushes };
    } catch (error) {
      if (!isAway(error)) throw error;
      return {};
    }
  }

  /** Whether a push is to be noted, or why there is none. Most users have no device. */
  isMeant({ push, mail, unpushed }: Decision): boolean {
    return (push || mail || unpushed !== undefined) && this.#pushes !== undefined;
  }

  /** A part of a transaction: sets the timer of a push, before the notification is stored anywhere; or notes why there is none. */
  *note(notification: Notification, decision: Decision, now: number): Work<void> {
    const { inApp, alertAt, quiet, unpushed } = decision;
    const pushes = this.#pushes;
    const ways = waysOf(decision);
    if (pushes === undefined || ways.length === 0 && unpushed === undefined) return;
    const why = ways.length === 0 ? unpushed : alertAt === undefined ? quiet : undefined;
    if (why !== undefined) return yield* pushes.spare(notification, why, now);
    const { site, user, id, details, expiresAt } = notification;
    const priority = priorityOf(details);
    const body: PushBody = {
      ...{ ways, round: quiet === undefined ? 0 : QUIET_ROUND, expiresAt },
      ...(inApp === "withhold" && { content: itemOf(notification) }),
      ...(quiet !== undefined && { wasQuiet: true as const }),
    };
    const dueAt = inApp === "withhold" ? now : pushes.dueAt({ site, user, priority }, now);
    yield* setTimer({
      ...{ site, user, what: "push", ref: id, priority, body: JSON.stringify(body) },
      dueAt: Math.max(dueAt, alertAt ?? 0),
    }, now);
  }

  /**
   * What has a notification pushed that is in the inbox, or comes back to it: a part of a transaction. `undefined` where it is not
   * pushed. Rejects with `unavailable` where it cannot be read what the user has chosen.
   */
  async work(
    notification: Pushed,
    { round, way, isAgain, wasQuiet }: PushingOptions,
  ): Promise<(() => Work<void>) | undefined> {
    const pushes = this.#pushes;
    if (pushes === undefined) return undefined;
    const { site, user, id, details, expiresAt } = notification;
    const decision = await this.#decide(notification);
    if (decision.isUnknown && way === undefined) throw unavailable("preferences cannot be read");
    const ways = way === undefined ? waysOf(decision) : [way];
    if (ways.length === 0) return undefined;
    const body: PushBody = {
      ...{ ways, round, expiresAt },
      ...(isAgain && { isAgain }),
      ...(wasQuiet && { wasQuiet }),
      ...(way !== undefined && { isForced: true as const }),
    };
    const now = this.#parts.now();
    const priority = priorityOf(details);
    const dueAt = isAgain ? now : pushes.dueAt({ site, user, priority }, now);
    const timer = { site, user, what: "push" as const, ref: id, priority };
    return () => setTimer({ ...timer, dueAt, body: JSON.stringify(body) }, now);
  }

  /** A notification that its user has put off comes back, and is pushed as one that has just come. */
  async back(notification: Notification & { readonly deliverAt: number }): Promise<void> {
    try {
      const work = await this.work(notification, { round: notification.deliverAt });
      if (work === undefined) return;
      await this.#parts.database.transaction(work, timingKey(notification));
      this.#parts.onTimer(this.#parts.now());
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#parts.counters.unkept.value++;
    }
  }

  /** Has it looked what a user's devices show: whatever the user does until then is seen then. */
  async lookSoon(site: string, user: UserId, dueAt: number): Promise<void> {
    const timer = { site, user, what: "seen" as const, ref: "", dueAt, priority: 1, body: "0" };
    const now = this.#parts.now();
    await this.#parts.database.transaction(
      () => moveTimer(timer, now),
      timingKey({ site, user }),
    );
    this.#parts.onTimer(dueAt);
  }

  /** The same once the database is there again. This node alone knows that, and of so many users. */
  lookLater(site: string, user: UserId): void {
    if (this.#unlooked.size < MOST_UNLOOKED) {
      this.#unlooked.set(timingKey({ site, user }), { site, user });
    }
  }

  /** It is pushed when the database is there again. This node alone knows that, and so much is not forgotten. */
  later({ site, user, id, details, expiresAt }: Notification, decision: Decision): void {
    if (this.#pushes === undefined) return;
    const { counters } = this.#parts;
    if (this.#unwritten.size >= MOST_UNWRITTEN) return void counters.unpushed.value++;
    this.#unwritten.set(`${site}\n${user}\n${id}`, {
      ...{ site, user, id, expiresAt },
      ...(details && { details }),
      ...(!decision.isUnknown && { wasQuiet: decision.quiet !== undefined }),
    });
  }

  /** Writes down what is to be pushed and could not be before, as far as the database is there. */
  async writeUnwritten(): Promise<void> {
    const { database } = this.#parts;
    for (const [key, notification] of this.#unwritten) {
      const { isUnknown, quiet } = await this.#decide(notification);
      if (isUnknown) return;
      const wasQuiet = notification.wasQuiet ?? quiet !== undefined;
      const options = wasQuiet ? { round: QUIET_ROUND, wasQuiet: true as const } : { round: 0 };
      const work = await this.work(notification, options);
      if (work !== undefined) await database.transaction(work, timingKey(notification));
      this.#unwritten.delete(key);
    }
    for (const [key, { site, user }] of this.#unlooked) {
      await this.lookSoon(site, user, this.#parts.now());
      this.#unlooked.delete(key);
    }
  }

  #decide(notification: Pushed): Decision | Promise<Decision> {
    return decide(this.#parts.decisions, notification, this.#parts.now());
  }
}

function waysOf({ push, mail }: Decision): PushWay[] {
  return [...push ? ["push" as const] : [], ...mail ? ["mail" as const] : []];
}

function isAway(error: unknown): boolean {
  return error instanceof CodedError && error.options.isAway === true;
}
