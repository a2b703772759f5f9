/**
 * The quiet hours of a user are over: what came silently and is still unread asks for attention. Each does so once, however often
 * this is tried, since it is silent no more in the same step.
 */
import { nextTurn } from "../../base/clock.ts";
import { inSlices } from "../../base/slices.ts";
import { inSeconds } from "../../base/times.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Position } from "../../core/publication.ts";
import { ALERT_AT } from "../store/kept.ts";
import type { Inbox } from "../store/store.ts";
import type { TimingCounters } from "./metrics.ts";
import { endTimer, resetTimer } from "./store.ts";
import type { Timing } from "./timing.ts";
import { priorityOf } from "./priority.ts";
import type { Timer } from "./types.ts";
import { timingKey } from "./user.ts";
import { changeUnseen, isSeen } from "./unseen.ts";

/** How many of one user ask for attention before others have their turn. */
export const MOST_TOGETHER = 500;

/** Of one priority, how many are changed at once. */
const AT_ONCE = 20;

/** How much of an inbox is read at once. */
const READ = { limit: 200, characters: 1024 * 1024, unreadOnly: true };

/**
 * How long after the end of the quiet it is looked once more: a notification may have been on its way into the inbox for long, and
 * the clocks of nodes differ.
 */
export const LATE_MS = 60_000;

interface AlertsParts {
  readonly database: Database;
  readonly inbox: Pick<Inbox, "edit" | "sync">;
  readonly timing: Pick<Timing, "forgetQuiet">;
  readonly counters: TimingCounters;
  now(): number;
}

/** A notification that came silently, and waits. */
interface Waiting {
  readonly id: string;
  readonly priority: number;
}

export class Alerts {
  readonly #parts: AlertsParts;

  constructor(parts: AlertsParts) {
    this.#parts = parts;
  }

  /**
   * Has those ask for attention that wait for the moment of a timer, the highest priority first, then the oldest. Resolves with
   * whether that are all: else the timer stays, and others have their turn.
   *
   * @param isMine whether this node still has the timer
   */
  async ask(timer: Timer, isMine: () => Promise<boolean>): Promise<boolean> {
    const { inbox, counters, database, timing, now } = this.#parts;
    const { site, user } = timer;
    const until = Number(timer.ref);
    const waiting = await this.#waiting(timer, until);
    const some = waiting.slice(0, MOST_TOGETHER);
    for (const same of Map.groupBy(some, ({ priority }) => priority).values()) {
      await inSlices(same, async ({ id }) => {
        if (!await isMine()) return;
        const isNew = await changeUnseen(
          inbox,
          { site, user, id },
          (details) => isWaiting(details, until) ? alerted(details, until) : undefined,
        );
        if (isNew) counters.alerts.value++;
      }, { atOnce: AT_ONCE });
    }
    if (!await isMine()) return true;
    if (some.length < waiting.length) return false;
    const next = { dueAt: until + LATE_MS, body: timer.body };
    const isLate = now() >= next.dueAt;
    if (isLate) timing.forgetQuiet(timer);
    await database.transaction(
      () => isLate ? endTimer(timer) : resetTimer(timer, next),
      timingKey(timer),
    );
    return true;
  }

  /** All that wait for a moment, in the order in which they ask for attention. */
  async #waiting({ site, user }: Timer, until: number): Promise<Waiting[]> {
    const found = new Map<string, Waiting>();
    let since: Position | undefined;
    for (;;) {
      const { notifications, more, offset, epoch } = await this.#parts.inbox.sync(
        ...[site, user, since, READ] as const,
      );
      for (const each of notifications) {
        const { id, publication: { details } } = each;
        const isOne = isWaiting(details ?? {}, until) && !isSeen(each);
        if (isOne) found.set(id, { id, priority: priorityOf(details) });
      }
      if (more === undefined) break;
      since = { offset, epoch };
      await nextTurn();
    }
    return [...found.values()].sort((one, other) => other.priority - one.priority);
  }
}

/** What is shown of a notification that asks for attention. @param at Unix milliseconds */
export function alerted(
  { silent: _silent, [ALERT_AT]: _alertAt, ...details }: Readonly<Record<string, unknown>>,
  at: number,
): Readonly<Record<string, unknown>> {
  return { ...details, alerted_at: inSeconds(at) };
}

function isWaiting(details: Readonly<Record<string, unknown>>, until: number): boolean {
  return details["silent"] === true && details[ALERT_AT] === until;
}
