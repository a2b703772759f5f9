/**
 * Sends notifications for many to their recipients, changes them, and takes them back, a page at a time (`turns.ts`). One node works
 * on a page; where it dies, another goes on with it. What was sent already is not sent again, since recipients' notifications have
 * the id of the whole, and what was changed already is not changed again, since they say which changes they have.
 */
import { logFor } from "../../base/log.ts";
import type { Followers } from "../../audiences/followers.ts";
import type { KnownUsers } from "../../audiences/known_users.ts";
import { nextTurn, pause } from "../../base/clock.ts";
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Counter } from "../../core/metrics.ts";
import type { Task } from "../../core/task.ts";
import type { Database } from "../../engines/database/database.ts";
import type { Decisions } from "../../preferences/decisions.ts";
import type { Editor } from "../editor.ts";
import type { InboxService } from "../inbox.ts";
import { deliveryOf, type ParsedContent } from "../notification.ts";
import type { Notifier } from "../notify.ts";
import { HasChange, type Patch } from "../patch.ts";
import type { Timing } from "../timing/timing.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { Pacing } from "./pacing.ts";
import {
  addPage,
  type Broadcast,
  type BroadcastEdit,
  type BroadcastKey,
  dropBroadcasts,
  endBroadcast,
  endEdit,
  findBroadcast,
  holdBroadcast,
  openBroadcasts,
  PAGE_SIZE,
  pageOf,
  type PageOutcome,
  passEdit,
  passPage,
  takeOut,
} from "./store.ts";
import { Turns } from "./turns.ts";

const log = logFor("inbox");

/** How often a node looks whether another one has left something behind. */
const LOOK_MS = 1000;

/** How often a node says that it is still there, while it works, as a part of the time that it may be silent for. */
const RENEWED = 1 / 3;

/** How many are on their way to the store at the most. */
const MOST_GOING = 20;

/** How often a node looks for what is old. */
const DROP_MS = 3600_000;

/** Of how many it is noted whether a page was changed or sent last. */
const MOST_NOTED = 10_000;

const DAY_MS = 24 * 3600 * 1000;

interface SenderParts {
  readonly database: Database;
  readonly broadcasts: Broadcasts;
  readonly notifier: Pick<Notifier, "notify">;
  readonly editor: Pick<Editor, "edit">;
  readonly inbox: Pick<InboxService, "withdrawFrom">;
  readonly decisions: Pick<Decisions, "zoneOf">;
  readonly timing: Pick<Timing, "withdraw">;
  readonly followers: Followers;
  readonly known: KnownUsers;
  /** Days that it is known what became of one. */
  readonly days: number;
  /** Counts recipients. */
  readonly counter: Counter;
  /** Grows with each message and notification of others that this node works on. */
  readonly others: () => number;
  /** How long a node may be silent before another one goes on with its work. */
  readonly heldMs: number;
}

export class BroadcastSender implements Task {
  readonly name = "notifications for many";
  readonly #parts: SenderParts;
  readonly #holder = crypto.randomUUID();
  readonly #turns = new Turns();
  readonly #pacing: Pacing;
  #lookAt = -Infinity;
  #wake: () => void = () => {};
  #hasWork = false;
  #renewAt = 0;
  #isFirst = true;
  /** Of which a page was changed at the last turn, among those that are sent as well. */
  readonly #editedLast = new Set<string>();
  #isFailing = false;
  #droppedAt = -Infinity;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#pacing = new Pacing(parts.others);
    parts.broadcasts.onWork(() => {
      this.#hasWork = true;
      this.#wake();
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      try {
        while (!signal.aborted && await this.#workOnOne()) await nextTurn();
        await this.#dropOld();
        this.#isFailing = false;
      } catch (error) {
        this.#noteFailure(error);
      }
      if (!this.#hasWork) await this.#rest(signal);
    }
  }

  /** Until there is something to do, or it is time to look. */
  async #rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    if (!signal.aborted) await pause(LOOK_MS, woken.signal);
    this.#wake = () => {};
  }

  /** Works on the page of whichever one has its turn. Resolves with whether there was one. */
  async #workOnOne(): Promise<boolean> {
    const { database } = this.#parts;
    if (database.whyNotReady() !== undefined) return false;
    const key = await this.#next();
    if (key === undefined) return false;
    const broadcast = await database.transaction(() =>
      holdBroadcast(key, this.#holder, this.#times())
    );
    if (broadcast === undefined) {
      this.#turns.end(key); // it is done, or another node works on it
      return true;
    }
    this.#renewAt = performance.now() + this.#parts.heldMs * RENEWED;
    const { edit } = broadcast;
    if (edit !== undefined && this.#isEditsTurn(broadcast, edit)) {
      await this.#workOnEdit(broadcast, edit);
    } else {
      await this.#workOnPage(broadcast);
    }
    return true;
  }

  /** The one whose turn it is. Others that have something to be done are looked for now and then, and where one has come. */
  async #next(): Promise<BroadcastKey | undefined> {
    if (this.#turns.isEmpty || this.#hasWork || performance.now() > this.#lookAt) {
      this.#hasWork = false;
      this.#lookAt = performance.now() + LOOK_MS;
      const { database } = this.#parts;
      // A file has one server: what is held when it starts was left behind by the last one.
      const isFirst = this.#isFirst && database.dialect === "sqlite";
      const open = await database.transaction(() =>
        openBroadcasts(this.#holder, { now: Date.now(), isFirst })
      );
      this.#isFirst = false;
      this.#turns.update(open);
    }
    return this.#turns.next();
  }

  /** A page is changed once it is sent. Of those that are both sent and changed, pages are sent and changed by turns. */
  #isEditsTurn({ site, id, work, page }: Broadcast, edit: BroadcastEdit): boolean {
    if (work !== "send") return work === "edit";
    if (edit.page >= Math.min(page, edit.end)) return edit.page >= edit.end;
    const key = `${site}\n${id}`;
    if (this.#editedLast.delete(key)) return false;
    if (this.#editedLast.size >= MOST_NOTED) this.#editedLast.clear();
    this.#editedLast.add(key);
    return true;
  }

  async #workOnEdit(broadcast: Broadcast, edit: BroadcastEdit): Promise<void> {
    const { database } = this.#parts;
    const users = edit.page < edit.end
      ? await database.transaction(() => pageOf(broadcast, edit.page))
      : undefined;
    if (users === undefined) {
      await database.transaction(() => endEdit(broadcast, Date.now()));
      return;
    }
    let edited = 0;
    const isDone = await this.#inTurns(broadcast, users, async (user) => {
      if (await this.#edit(broadcast, edit, user)) edited++;
    }, edit);
    if (isDone) await database.transaction(() => passEdit(broadcast, edited));
  }

  /** Brings a change to one user. Resolves with whether the user's notification has it now. */
  async #edit({ site, id }: Broadcast, edit: BroadcastEdit, user: UserId): Promise<boolean> {
    const { editor, decisions } = this.#parts;
    const { patch: { values, given }, change } = edit;
    const isMoved = given.includes("deliver_at");
    const zone = isMoved && typeof values.deliverAt === "object"
      ? await decisions.zoneOf(site, user)
      : "UTC";
    try {
      const patch: Patch = {
        ...{ user, change, values: { ...values, user }, given: new Set(given) },
        deliverAt: isMoved ? deliveryOf(values, zone) ?? 0 : undefined,
      };
      return await editor.edit(site, id, patch) !== undefined;
    } catch (error) {
      if (error instanceof HasChange) return true;
      if (!isTheirs(error)) throw error;
      log.debug("notification {id} cannot be changed for user {user}: {reason}", {
        ...{ id, user, reason: reasonOf(error) },
      });
      return false;
    }
  }

  async #workOnPage(broadcast: Broadcast): Promise<void> {
    const { database } = this.#parts;
    const users = await this.#recipients(broadcast);
    if (users === undefined) {
      await database.transaction(() => endBroadcast(broadcast, Date.now()));
      return;
    }
    const outcome = broadcast.work === "send"
      ? await this.#send(broadcast, users)
      : await this.#withdraw(broadcast, users);
    if (outcome === undefined) return await this.#leave(broadcast, users);
    const left = new Set(await database.transaction(() => passPage(broadcast, outcome)));
    // Who was erased while this page was sent keeps nothing of it.
    const erased = users.filter((user) => !left.has(user));
    if (broadcast.work === "send") await this.#takeBack(broadcast, erased);
  }

  /** Whether this node still works on this page, or on this one of a change: it may have been stopped for long. */
  async #isHeld(broadcast: Broadcast, edit?: BroadcastEdit): Promise<boolean> {
    if (performance.now() < this.#renewAt) return true;
    const held = await this.#parts.database.transaction(() =>
      holdBroadcast(broadcast, this.#holder, this.#times())
    );
    this.#renewAt = performance.now() + this.#parts.heldMs * RENEWED;
    if (edit !== undefined) {
      return held?.edit?.change === edit.change && held.edit.page === edit.page;
    }
    return held?.work === broadcast.work && held.page === broadcast.page;
  }

  /** What this node has sent after another one took it back is taken back as well. */
  async #leave(broadcast: Broadcast, users: readonly UserId[]): Promise<void> {
    const found = await this.#parts.database.transaction(() => findBroadcast(broadcast));
    if (broadcast.work === "send" && found?.isWithdrawn) await this.#takeBack(found, users);
  }

  /** The recipients of a page; `undefined` behind the last one. */
  async #recipients(broadcast: Broadcast): Promise<readonly UserId[] | undefined> {
    const { database, followers, known } = this.#parts;
    const { site, page, work, audience, afterUser } = broadcast;
    const kept = await database.transaction(() => pageOf(broadcast, page));
    if (kept !== undefined || work !== "send" || audience.kind === "users") return kept;
    if (audience.kind === "everyone" && page === 0) await known.flush();
    const source = () =>
      audience.kind === "topic"
        ? followers.after(site, audience.topic, afterUser, PAGE_SIZE)
        : known.after(site, afterUser, PAGE_SIZE);
    const next = await source();
    if (next.length === 0) return undefined;
    await database.transaction(() => addPage(broadcast, next));
    // Who is erased is taken out of the source first, then out of the pages: so who was erased before the page was there is seen here.
    const still = new Set(await source());
    const gone = new Set(next.filter((user) => !still.has(user)));
    if (gone.size > 0) await database.transaction(() => takeOut(broadcast, page, gone));
    return await database.transaction(() => pageOf(broadcast, page));
  }

  async #send(
    broadcast: Broadcast,
    users: readonly UserId[],
  ): Promise<PageOutcome | undefined> {
    const { site, id, request, audience } = broadcast;
    const { notifier, counter } = this.#parts;
    const content: ParsedContent = JSON.parse(request);
    const topic = audience.kind === "topic" ? { topic: audience.topic } : {};
    let [stored, withheld] = [0, 0];
    const isDone = await this.#inTurns(broadcast, users, async (user) => {
      try {
        // One who has it already is one for whom it is stored: it was sent before a crash.
        const taken = await notifier.notify({ ...content, ...topic, site, user, id });
        if (taken.held !== undefined) return void withheld++;
        stored++;
        if (!taken.isDuplicate) counter.value++;
      } catch (error) {
        if (!isTheirs(error)) throw error;
        log.debug("notification {id} cannot be stored for user {user}: {reason}", {
          ...{ id, user, reason: reasonOf(error) },
        });
      }
    });
    return isDone ? { stored, withheld, failed: users.length - stored - withheld } : undefined;
  }

  async #withdraw(
    broadcast: Broadcast,
    users: readonly UserId[],
  ): Promise<PageOutcome | undefined> {
    const isDone = await this.#inTurns(
      broadcast,
      users,
      (user) => this.#takeBack(broadcast, [user]),
    );
    return isDone ? { stored: 0, failed: 0, withheld: 0 } : undefined;
  }

  async #takeBack(
    { site, id }: BroadcastKey,
    users: readonly UserId[],
  ): Promise<void> {
    const { inbox, timing } = this.#parts;
    for (const user of users) {
      if (await inbox.withdrawFrom(site, user, id)) continue;
      // It may wait for a digest: nobody has counted that of a page that was about to be sent.
      await timing.withdraw(site, id, user);
    }
  }

  /** Does it for some users at once. Resolves with whether all had their turns: this node may hold it no more. */
  async #inTurns(
    broadcast: Broadcast,
    users: readonly UserId[],
    work: (user: UserId) => Promise<void>,
    edit?: BroadcastEdit,
  ): Promise<boolean> {
    const failures: unknown[] = [];
    let going = 0;
    let noteEnd = () => {};
    const anEnd = () => new Promise<void>((resolve) => noteEnd = resolve);
    const begin = async (user: UserId) => {
      going++;
      try {
        await work(user);
      } catch (error) {
        failures.push(error);
      }
      going--;
      noteEnd();
    };
    let isHeld = true;
    for (let at = 0; at < users.length && failures.length === 0 && isHeld;) {
      const startedAt = performance.now();
      const end = at + this.#pacing.turn();
      for (; at < end && at < users.length; at++) void begin(users[at]!);
      // Others have the processors, the disk and Redis for themselves then.
      const restsAt = performance.now();
      await pause(this.#pacing.rest(restsAt - startedAt));
      this.#pacing.hasRested(performance.now() - restsAt);
      while (going > MOST_GOING) await anEnd();
      isHeld = await this.#isHeld(broadcast, edit);
    }
    while (going > 0) await anEnd();
    if (failures.length > 0) throw failures[0];
    return isHeld;
  }

  async #dropOld(): Promise<void> {
    const { database, days } = this.#parts;
    if (!Number.isFinite(days) || performance.now() < this.#droppedAt + DROP_MS) return;
    if (database.whyNotReady() !== undefined) return;
    const before = Date.now() - (days + 1) * DAY_MS;
    while (await database.transaction(() => dropBroadcasts(before)) > 0) await nextTurn();
    this.#droppedAt = performance.now();
  }

  #times() {
    const now = Date.now();
    return { now, until: now + this.#parts.heldMs };
  }

  #noteFailure(error: unknown): void {
    const level = this.#isFailing ? "debug" : "warn";
    this.#isFailing = true;
    const reason = reasonOf(error);
    log[level]("notifications for many wait: {reason}; trying again", { reason });
  }
}

/** Whether a recipient alone is in the way: whatever else failed would fail for the next one, too. */
function isTheirs(error: unknown): boolean {
  if (!(error instanceof CodedError)) return false;
  const { code, options: { isAlone = false, isAway = false } } = error;
  return code === "unavailable" || code === "unconfirmed" ? isAlone && !isAway : true;
}
