/**
 * Delivers scheduled notifications when they are due. All nodes of a cluster look, and whichever is first delivers one, so
 * that a dead node holds nothing up. `deliver_at` is in whole seconds, so one look at the start of each second of the
 * store's clock is enough: there is no timer for each notification, which could be too long for the runtime, or wrong once
 * a clock was set. Next on a message's way: the store's `Schedule.release`, and from there as if it had just been sent.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import type { Task } from "../core/task.ts";
import { Lateness } from "./lateness.ts";
import type { Attachments } from "./attachments.ts";
import type { InboxCounters } from "./metrics.ts";
import { ALERT_AT } from "./store/kept.ts";
import type { KeptForLater, Refused, Schedule } from "./store/store.ts";
import type { Pushing } from "./timing/pushing.ts";
import { silenced, type Timing } from "./timing/timing.ts";
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";

const log = logFor("schedule");

/** Notifications that are delivered in one go; other work is done between two of these. */
const BATCH = 200;

/** How long it waits after a failure. */
const PAUSE_MS = 500;

interface SchedulerParts {
  readonly schedule: Schedule;
  readonly counters: InboxCounters;
  readonly attachments: Pick<Attachments, "giveBack" | "giveBackAll">;
  readonly timing: Pick<Timing, "take"> & { readonly pushing: Pick<Pushing, "back"> };
}

export function scheduler(parts: SchedulerParts): Task {
  return { name: "scheduler", run: (signal) => new Scheduler(parts, signal).run() };
}

class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #stopping: AbortSignal;
  readonly #lateness = new Lateness();
  #isFailing = false;

  constructor(parts: SchedulerParts, stopping: AbortSignal) {
    this.#parts = parts;
    this.#stopping = stopping;
  }

  async run(): Promise<void> {
    while (!this.#stopping.aborted) {
      let wait = PAUSE_MS;
      try {
        wait = 1000 - await this.#deliverDue() % 1000;
        this.#isFailing = false;
      } catch (error) {
        this.#lateness.failed(error);
        this.#noteFailure(error);
      }
      await pause(wait, this.#stopping);
    }
  }

  /** Delivers all that is due. Resolves with the store's clock, a Unix time in milliseconds. */
  async #deliverDue(): Promise<number> {
    const { schedule, counters, attachments } = this.#parts;
    let expiredInAll = 0;
    const allRefused: Refused[] = [];
    this.#lateness.begins();
    try {
      for (;;) {
        const released = await schedule.release(BATCH, await this.#divert());
        const { now, delivered, expired, refused, isMore } = released;
        counters.delivered.value += delivered.length;
        counters.expired.value += expired;
        counters.refused.value += refused.length;
        await attachments.giveBackAll(refused);
        expiredInAll += expired;
        allRefused.push(...refused);
        for (const dueAt of delivered) this.#lateness.delivered(dueAt, now);
        if (isMore && !this.#stopping.aborted) continue;
        this.#lateness.looked(now);
        return now;
      }
    } finally {
      this.#lateness.tell();
      logRefused(allRefused);
      if (expiredInAll > 0) {
        log.warn(
          "{expired} scheduled notifications had expired before a server could deliver them",
          { expired: expiredInAll },
        );
      }
    }
  }

  /**
   * Looks at what is due before it is delivered: some is withheld, or waits for a digest, or asks for no attention. Resolves with
   * the names of what it has looked at. It does the same again where a node has died in between.
   */
  async #divert(): Promise<ReadonlySet<string>> {
    const { schedule, timing, attachments } = this.#parts;
    const { now, notifications, names } = await schedule.due(BATCH);
    for (const notification of notifications) {
      if (notification.details?.["snoozed_at"] !== undefined) { // its user has put it off
        await timing.pushing.back(notification);
        continue;
      }
      if ((notification.expiresAt ?? Infinity) <= now) continue;
      const { site, user, id } = notification;
      const taking = timing.take(notification);
      const taken = taking instanceof Promise ? await taking : taking;
      if (taken.held !== undefined) {
        await schedule.cancel(site, user, id);
        await attachments.giveBack(site, user, [id]);
      } else if (taken.isSilent) {
        await schedule.edit(site, user, id, (kept) => silenced(kept, taken));
      } else if (notification.details?.["silent"] !== undefined) {
        // It was quiet when it was looked at before, by a node that died then.
        await schedule.edit(site, user, id, loud);
      }
    }
    return names;
  }

  /** Logs a failure once. Where Redis is away, its connection has logged that. */
  #noteFailure(error: unknown): void {
    const isAway = error instanceof CodedError && error.options.isAway;
    const level = isAway || this.#isFailing ? "debug" : "error";
    this.#isFailing ||= !isAway;
    const reason = reasonOf(error);
    log[level]("scheduled notifications cannot be delivered: {reason}; trying again", { reason });
  }
}

/** A notification that asks for attention. */
function loud(kept: KeptForLater): KeptForLater {
  const { silent: _silent, [ALERT_AT]: _alertAt, ...details } = kept.details ?? {};
  return { ...kept, details };
}

function logRefused(refused: readonly Refused[]): void {
  const [first] = refused;
  if (first === undefined) return;
  log.error(
    "{count} scheduled notifications are kept aside, since their inboxes do not take them; the first is {id}: {reason}",
    { count: refused.length, ...first },
  );
}
