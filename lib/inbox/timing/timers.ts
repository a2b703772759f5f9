/**
 * Does what is due. All nodes look, and each timer is one node's for a while; what is done for it is the same however often it is
 * done, so that a crash in between doubles nothing.
 */
import { logFor } from "../../base/log.ts";
import { nextTurn, pause } from "../../base/clock.ts";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { inSlices } from "../../base/slices.ts";
import { inSeconds, unixSeconds } from "../../base/times.ts";
import type { Task } from "../../core/task.ts";
import type { Database, Work } from "../../engines/database/database.ts";
import type { Notifier } from "../notify.ts";
import { LONGEST_SECONDS } from "../../preferences/kind_fields.ts";
import type { Inbox, StoredNotification } from "../store/store.ts";
import { alerted, Alerts } from "./alerts.ts";
import { digestOf } from "./digest.ts";
import type { TimingCounters } from "./metrics.ts";
import {
  closeDigest,
  dropOutcomes,
  dropPasses,
  endDigest,
  endTimer,
  holdTimers,
  itemsOf,
  NEXT_DUE,
  resetTimer,
  takeTimers,
} from "./store.ts";
import type { PushBody, PushStep, PushWay } from "./pushes.ts";
import type { DigestBody, RepeatBody, Timing } from "./timing.ts";
import type { DigestItem, Timer, TimerKind } from "./types.ts";
import { changeUnseen, isSeen } from "./unseen.ts";
import { timingKey } from "./user.ts";

const log = logFor("timing");

/** How many timers are taken together, and for how many users at once something is done. */
const TOGETHER = 100;
const AT_ONCE = 20;

/** How often a node looks at the least, since another one may have set a timer. */
export const LOOK_MS = 1000;

/** How long a node has what it has taken, unless it says that it is still there; another one has it after that. */
export const HELD_MS = 10_000;

/** How often it says so, while it works. */
const RENEWED_MS = HELD_MS / 3;

/** When what could not be done is tried again. */
const RETRIED_MS = 1000;

/** How long after a timer was set its notification may be on its way into the inbox. */
const ON_ITS_WAY_MS = 60_000;

/** When it looks for such a one again. */
const AGAIN_MS = 500;

const DROP_MS = 3600_000;

const DAY_MS = 24 * 3600 * 1000;

interface TimersParts {
  readonly database: Database;
  readonly timing: Timing;
  readonly inbox: Pick<Inbox, "edit" | "get" | "sync">;
  readonly notifier: Pick<Notifier, "notify">;
  readonly counters: TimingCounters;
  /** Days that it is known what became of a notification. */
  readonly days: number;
  now(): number;
}

export class Timers implements Task {
  readonly name = "timers of notifications";
  readonly #parts: TimersParts;
  readonly #alerts: Alerts;
  #wake: () => void = () => {};
  /** When it looks again by itself, in Unix milliseconds. */
  #lookAt = Infinity;
  #isFailing = false;
  #droppedAt = -Infinity;

  constructor(parts: TimersParts) {
    this.#parts = parts;
    this.#alerts = new Alerts(parts);
    // Most timers are not due before the next look.
    parts.timing.onTimer((dueAt) => {
      if (dueAt < this.#lookAt) this.#wake();
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      let wait = LOOK_MS;
      try {
        if (this.#parts.database.whyNotReady() === undefined) {
          await this.#parts.timing.pushing.writeUnwritten();
          while (await this.#doDue() && !signal.aborted) await nextTurn();
          await this.#dropOld();
          wait = await this.#untilNext();
        }
        this.#isFailing = false;
      } catch (error) {
        this.#noteFailure(error);
      }
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      this.#lookAt = this.#parts.now() + wait;
      if (!signal.aborted) await pause(wait, woken.signal);
    }
  }

  async #untilNext(): Promise<number> {
    const now = this.#parts.now();
    const [next] = await this.#parts.database.query(NEXT_DUE, now);
    const dueAt = next?.["due_at"] ?? null;
    return dueAt === null ? LOOK_MS : Math.min(LOOK_MS, Math.max(1, Number(dueAt) - now));
  }

  /** Does some of what is due, and says whether there may be more. */
  async #doDue(): Promise<boolean> {
    const now = this.#parts.now();
    const taken = await this.#parts.database.transaction(() =>
      takeTimers({ now, heldUntil: now + HELD_MS, limit: TOGETHER })
    );
    const batch = new Batch(this.#parts, taken, now + HELD_MS);
    const users = Map.groupBy(taken, ({ site, user }) => `${site}\n${user}`);
    let failure: unknown;
    let isMore = taken.length === TOGETHER;
    await inSlices(users.values(), async (timers) => {
      try {
        for (const timer of timers) {
          const isDone = !await batch.has(timer) || await this.#do(timer, batch);
          if (!isDone) { // the rest of the user's comes after it
            isMore = true;
            break;
          }
          batch.end(timer);
        }
      } catch (error) {
        failure = error;
      }
    }, { atOnce: AT_ONCE });
    if (failure === undefined) {
      await batch.letGo();
      return isMore;
    }
    await batch.hold(this.#parts.now() + RETRIED_MS).catch(() => {}); // else they are held for a while longer
    throw failure;
  }

  /** Does what a timer is for. Says whether that is done, or as much of it as may be for now. */
  async #do(timer: Timer, batch: Batch): Promise<boolean> {
    if (timer.what === "quiet_over") {
      return await this.#alerts.ask(timer, () => batch.has(timer));
    }
    await this.#doOne(timer, timer.what);
    return true;
  }

  async #doOne(timer: Timer, what: Exclude<TimerKind, "quiet_over">): Promise<void> {
    switch (what) {
      case "alert":
        return await this.#alert(timer);
      case "digest":
        return await this.#close(timer);
      case "digested":
        return await this.#deliver(timer);
      case "repeat":
        return await this.#remind(timer);
      case "push":
        return await this.#push(timer);
      case "seen":
        return await this.#step(timer, await this.#parts.timing.pushing.pushes?.look(timer));
    }
  }

  /** The quiet hours are over: what came right before asks for attention, unless it has done so with all that came earlier. */
  async #alert(timer: Timer): Promise<void> {
    const { database, counters } = this.#parts;
    if (await this.#isOnItsWay(timer)) return await this.#again(timer);
    const isNew = await this.#change(
      timer,
      (details) => details["silent"] === true ? alerted(details, timer.dueAt) : undefined,
    );
    if (isNew) counters.alerts.value++;
    await database.transaction(() => endTimer(timer), timingKey(timer));
  }

  /** Whoever has seen it by now is left in peace; else it goes to the devices. */
  async #push(timer: Timer): Promise<void> {
    const { timing, inbox } = this.#parts;
    const body: PushBody = JSON.parse(timer.body);
    const { site, user, ref: id } = timer;
    const found = body.content === undefined ? await inbox.get(site, user, id) : undefined;
    const isMissing = found === undefined && body.content === undefined;
    if (isMissing && await this.#isOnItsWay(timer)) return await this.#again(timer);
    await this.#step(timer, await timing.pushing.pushes?.due(timer, body, found));
  }

  /** @param step absent where nothing is pushed any more */
  async #step(timer: Timer, step: PushStep | undefined): Promise<void> {
    const { database } = this.#parts;
    if (step?.then === "wait") {
      const next = { dueAt: step.until, body: step.body ?? timer.body };
      await database.transaction(() => resetTimer(timer, next), timingKey(timer));
      return;
    }
    await database.transaction(function* () {
      if (yield* endTimer(timer)) yield* step?.work() ?? [];
    }, timingKey(timer));
    step?.done();
  }

  async #close(timer: Timer): Promise<void> {
    const digest = await digestId(timer);
    const now = this.#parts.now();
    await this.#parts.database.transaction(
      () => closeDigest(timer, digest, now),
      timingKey(timer),
    );
    await this.#deliver({ ...timer, what: "digested", ref: digest });
  }

  async #deliver(timer: Timer): Promise<void> {
    const { database, notifier, counters } = this.#parts;
    const kind: DigestBody = JSON.parse(timer.body);
    const kept = await database.transaction(() => itemsOf(timer, kind.kind, timer.ref));
    const alone = await this.#alone(timer, kept);
    const items = kept.filter(({ id }) => !alone.has(id));
    if (items.length > 0) {
      const { expiresAt, at, from, ...said } = digestOf(items, kind);
      const { isDuplicate } = await notifier.notify({
        ...{ site: timer.site, user: timer.user, id: timer.ref, isDigest: true },
        ...said,
        from: from?.name ?? "system",
        timestamp: at ?? unixSeconds(),
        ...(expiresAt !== undefined && { expiresAt: inSeconds(expiresAt) }),
      });
      if (!isDuplicate) counters.digests.value++;
    }
    await database.transaction(() => endDigest(timer, kind.kind, alone), timingKey(timer));
  }

  /**
   * The ids of those that are in the inbox by themselves. They are in a digest as well where the database was lost while it wrote
   * that down, and nobody knew whether it had.
   */
  async #alone({ site, user }: Timer, items: readonly DigestItem[]): Promise<ReadonlySet<string>> {
    const alone = new Set<string>();
    await inSlices(items, async ({ id }) => {
      if (await this.#parts.inbox.get(site, user, id) !== undefined) alone.add(id);
    }, { atOnce: AT_ONCE });
    return alone;
  }

  /** Whether a notification is not there yet: its timer is set before it is stored. */
  async #isOnItsWay({ site, user, ref, setAt }: Timer): Promise<boolean> {
    if (Math.abs(this.#parts.now() - setAt) > ON_ITS_WAY_MS) return false;
    return await this.#parts.inbox.get(site, user, ref) === undefined;
  }

  /** The same timer a little later. */
  async #again(timer: Timer): Promise<void> {
    const next = { dueAt: this.#parts.now() + AGAIN_MS, body: timer.body };
    await this.#parts.database.transaction(() => resetTimer(timer, next), timingKey(timer));
  }

  /** Asks for attention again, unless the user has done something with it, such as putting it off; after the last time, somebody else gets it. */
  async #remind(timer: Timer): Promise<void> {
    const { database, counters, inbox, notifier } = this.#parts;
    const body: RepeatBody = JSON.parse(timer.body);
    const { site, user, ref: id } = timer;
    const found = await inbox.get(site, user, id);
    if (found === undefined && await this.#isOnItsWay(timer)) return await this.#again(timer);
    const isLeft = found !== undefined && !isSeen(found);
    if (isLeft && body.done < body.times) {
      const done = body.done + 1;
      const isNew = await this.#change(
        timer,
        (details) =>
          Number(details["reminder"] ?? 0) >= done
            ? undefined
            : { ...alerted(details, timer.dueAt), reminder: done },
      );
      if (isNew) counters.reminders.value++;
      const next = {
        dueAt: timer.dueAt + body.seconds * 1000,
        body: JSON.stringify({ ...body, done }),
      };
      const pushing = await this.#pushingAgain(timer, found);
      await database.transaction(function* () {
        if (yield* resetTimer(timer, next)) yield* pushing?.() ?? [];
      }, timingKey(timer));
      return;
    }
    let pushing: (() => Work<void>) | undefined;
    if (isLeft && body.escalate !== undefined && "way" in body.escalate) {
      const { way } = body.escalate;
      if (way !== "in_app") pushing = await this.#pushingAgain(timer, found, way);
    } else if (isLeft && body.escalate !== undefined && "user" in body.escalate) {
      const { publication: { message, data, tags, details = {}, from } } = found;
      const { isDuplicate } = await notifier.notify({
        ...{ site, user: body.escalate.user, id: await escalationId(timer) },
        room: found.room.replace(`/user/${user}`, `/user/${body.escalate.user}`),
        from: from?.name ?? "system",
        message: message ?? "",
        data,
        tags,
        details: { ...ofEscalation(details), escalated_from: user } as object,
      });
      if (!isDuplicate) counters.escalations.value++;
    }
    const isEnded = await database.transaction(function* () {
      const isMine = yield* endTimer(timer);
      if (isMine) yield* pushing?.() ?? [];
      return isMine;
    }, timingKey(timer));
    if (isEnded && pushing !== undefined) counters.escalations.value++;
  }

  /** Has what asks for attention again pushed again. @param way by which it escalates */
  #pushingAgain(
    timer: Timer,
    { publication: { details } }: StoredNotification,
    way?: PushWay,
  ): Promise<(() => Work<void>) | undefined> {
    const { site, user, ref: id, dueAt } = timer;
    return this.#parts.timing.pushing.work({ site, user, id, ...(details && { details }) }, {
      ...{ round: dueAt, isAgain: true },
      ...(way !== undefined && { way }),
    });
  }

  /** Changes how an unread notification is shown. Says whether there was something to change. */
  #change(
    { site, user, ref: id }: Timer,
    change: Parameters<typeof changeUnseen>[2],
  ): Promise<boolean> {
    return changeUnseen(this.#parts.inbox, { site, user, id }, change);
  }

  async #dropOld(): Promise<void> {
    const { database, days } = this.#parts;
    if (performance.now() < this.#droppedAt + DROP_MS) return;
    const before = Number.isFinite(days) ? this.#parts.now() - (days + 1) * DAY_MS : -Infinity;
    while (before > 0 && await database.transaction(() => dropOutcomes(before)) > 0) {
      await nextTurn();
    }
    const unused = this.#parts.now() - LONGEST_SECONDS * 1000;
    while (await database.transaction(() => dropPasses(unused)) > 0) await nextTurn();
    this.#droppedAt = performance.now();
  }

  #noteFailure(error: unknown): void {
    const isAway = error instanceof CodedError && error.options.isAway;
    const level = isAway || this.#isFailing ? "debug" : "error";
    this.#isFailing ||= !isAway;
    const reason = reasonOf(error);
    log[level]("what is due of notifications waits: {reason}; trying again", { reason });
  }
}

/** What a node has taken and not done yet. */
class Batch {
  readonly #parts: Pick<TimersParts, "database" | "now">;
  #left: Set<Timer>;
  #heldUntil: number;
  #renewAt = performance.now() + RENEWED_MS;
  #renewing: Promise<void> | undefined;

  constructor(
    parts: Pick<TimersParts, "database" | "now">,
    taken: readonly Timer[],
    heldUntil: number,
  ) {
    this.#parts = parts;
    this.#left = new Set(taken);
    this.#heldUntil = heldUntil;
  }

  /** Whether this node still has it: it may have been stopped for long. */
  async has(timer: Timer): Promise<boolean> {
    if (performance.now() > this.#renewAt) {
      this.#renewing ??= this.hold(this.#parts.now() + HELD_MS).finally(() => {
        this.#renewing = undefined;
      });
    }
    await this.#renewing;
    return this.#left.has(timer);
  }

  end(timer: Timer): void {
    this.#left.delete(timer);
  }

  /** Lets go what is left, for whoever looks next. */
  async letGo(): Promise<void> {
    if (this.#left.size > 0) await this.hold(0);
  }

  /** Holds what is left until a time. */
  async hold(heldUntil: number): Promise<void> {
    const asked = [...this.#left];
    const held = new Set(
      await this.#parts.database.transaction(() =>
        holdTimers(asked, { before: this.#heldUntil, heldUntil })
      ),
    );
    for (const timer of asked) if (!held.has(timer)) this.#left.delete(timer);
    this.#heldUntil = heldUntil;
    this.#renewAt = performance.now() + RENEWED_MS;
  }
}

/** What somebody else is shown of a notification that nobody has read. It is urgent by now, and asks nobody else. */
function ofEscalation(details: Readonly<Record<string, unknown>>): object {
  const { title, kind, url, icon, markdown } = details;
  return { title, kind, url, icon, markdown, priority: 5 };
}

/** The same at each attempt. */
function digestId({ site, user, ref, dueAt, setAt }: Timer): Promise<string> {
  // Where clocks differ, or are set back, two digests may be due at the same time.
  return idOf("digest", [site, user, ref, dueAt, setAt]);
}

function escalationId({ site, user, ref, dueAt }: Timer): Promise<string> {
  return idOf("escalated", [site, user, ref, dueAt]);
}

async function idOf(what: string, parts: readonly unknown[]): Promise<string> {
  const bytes = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(JSON.stringify(parts)),
  );
  const hash = new Uint8Array(bytes).toBase64({ alphabet: "base64url", omitPadding: true });
  return `${what}-${hash.slice(0, 22)}`;
}
