/** What clients and senders ask of inboxes: clients read pages and say what users did, senders ask for receipts. */
import type {
  Inbox,
  InboxChange,
  InboxCounts,
  InboxEvent,
  InboxPage,
  InboxStores,
  InboxSync,
  Kept,
  ListOptions,
  NotificationState,
  PageOptions,
  ReceiptLog,
  Schedule,
  SnoozedPage,
  Snoozes,
  StoredNotification,
  UpcomingPage,
  UserStore,
  Which,
} from "./store/store.ts";
import type { Action, Outcome } from "./details/actions.ts";
import type { NodeFigures } from "../core/figures.ts";
import type { Attachments } from "./attachments.ts";
import { frameLength, type Position } from "../core/publication.ts";
import { answerCharacters } from "../core/work.ts";
import { invalid, type UserId } from "../base/fields.ts";
import { SharedReads } from "../base/shared_reads.ts";
import type { Limits } from "../base/sizes.ts";
import { inSlices } from "../base/slices.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import { cutToLength } from "./page.ts";
import type { StepRecord } from "./steps.ts";
import type { Shows } from "./shown.ts";
import { ALERT_AT, isSnoozed, snoozedPublication, stateOf } from "./store/kept.ts";

/** Most notifications in one answer to a client that syncs. */
const MAX_SYNC = 200;

/** How many notifications are looked at together for those that were not acknowledged; one at first. */
const ACKNOWLEDGED_AT_ONCE = 20;

/** Most notifications that are put off or brought back at once. */
const SNOOZED_AT_ONCE = 50;

/** Of more that are deleted at once, the others are not remembered (`steps.ts`). */
const MOST_NOTED = 100;

/** Says to its sender how far a notification came. Times are Unix times in seconds. */
export type Receipt = ScheduledReceipt | InboxReceipt;

/** The receipt of a notification that waits for its time. */
interface ScheduledReceipt {
  readonly id: string;
  /** Whether its sender or its user has put it off. */
  readonly state: "scheduled" | "snoozed";
  readonly deliver_at: number;
}

interface InboxReceipt {
  readonly id: string;
  readonly state: NotificationState;
  readonly queued_at: number;
  readonly sent_at?: number;
  readonly delivered_at?: number;
  readonly read_at?: number;
  /** What its user did, if anything. */
  readonly actions?: readonly (Outcome & { readonly id: string })[];
}

/** A notification in an inbox, as clients are shown it. */
export type FoundNotification = StoredNotification;

/** Where a notification is. */
export interface Whereabouts {
  readonly user: UserId;
  /** When it comes, in Unix milliseconds, where it waits for its time. */
  readonly dueAt?: number;
  /** Whether it waits since its user has put it off. */
  readonly isSnoozed?: boolean;
  readonly found?: FoundNotification;
  readonly actions?: readonly (Outcome & { readonly id: string })[];
}

/** Is told of what users do. */
export interface InboxWitness {
  /** Never rejects. */
  changing(site: string, user: UserId): Promise<void> | undefined;
}

type ServiceStores = Pick<
  InboxStores,
  "inbox" | "schedule" | "snoozes" | "users" | "keepReceipts"
>;

/** How many notifications a user has, in the inbox and beside it. */
export interface AllCounts extends InboxCounts {
  /** Those that the user has put off. */
  readonly snoozed: number;
  /** Those that their senders have put off. */
  readonly scheduled: number;
}

export interface ServiceParts {
  readonly attachments: Pick<Attachments, "giveBack" | "use">;
  readonly shows: Shows;
  /** Remembers what became of notifications here. @default nobody does */
  readonly steps?: StepRecord;
  readonly figures: Pick<NodeFigures, "recovered">;
}

export class InboxService {
  readonly #inbox: Inbox;
  readonly #schedule: Schedule;
  readonly #snoozes: Snoozes;
  readonly #users: UserStore;
  readonly #keepReceipts: () => ReceiptLog;
  readonly #attachments: ServiceParts["attachments"];
  readonly #shows: Shows;
  readonly #steps: StepRecord | undefined;
  readonly #figures: ServiceParts["figures"];
  /** Most characters of one answer. */
  readonly #characters: number;
  #witness: InboxWitness | undefined;
  /** The syncs under way: many devices of a user come back at once, from the same position. */
  readonly #syncs = new SharedReads<InboxSync>();

  constructor(
    { inbox, schedule, snoozes, users, keepReceipts }: ServiceStores,
    limits: Pick<Limits, "queue">,
    { attachments, shows, steps, figures }: ServiceParts,
  ) {
    this.#steps = steps;
    this.#figures = figures;
    this.#attachments = attachments;
    this.#shows = shows;
    this.#snoozes = snoozes;
    this.#users = users;
    this.#characters = answerCharacters(limits);
    this.#inbox = inbox;
    this.#schedule = schedule;
    this.#keepReceipts = keepReceipts;
  }

  /** Begins to keep a log of what is delivered and read, for the feature that tells senders, which calls this once. */
  keepReceipts(): ReceiptLog {
    return this.#keepReceipts();
  }

  /** Has somebody told before a user does something with notifications, or a sender takes one back. One feature does. */
  witnessBy(witness: InboxWitness): void {
    this.#witness = witness;
  }

  /** One notification as it is shown; `undefined` where it is not in the inbox, or not any more. */
  async find(site: string, user: UserId, id: string): Promise<FoundNotification | undefined> {
    return await this.#inbox.get(site, user, id);
  }

  /** How much a user has, for operators: it may take long. */
  async counts(site: string, user: UserId): Promise<AllCounts> {
    const [counts, later] = await Promise.all([
      this.#users.counts(site, user),
      this.#users.scheduled(site, user),
    ]);
    const snoozed = later.filter(({ content }) => isSnoozed(content)).length;
    return { ...counts, snoozed, scheduled: later.length - snoozed };
  }

  /** What waits for its time, of one user or of all. */
  async scheduled(site: string, options: ListOptions, user?: UserId): Promise<UpcomingPage> {
    if (user === undefined) return await this.#users.upcoming(site, options);
    const own = await this.#users.scheduled(site, user);
    return { notifications: own.slice(0, options.limit).map((each) => ({ ...each, user })) };
  }

  unread(site: string, user: UserId): Promise<number> {
    return this.#inbox.unread(site, user);
  }

  /** What came after a position, or all that is unread where there is no position: as much as one answer bears. */
  async sync(
    site: string,
    user: UserId,
    since: Position | undefined,
    { unreadOnly = false }: { unreadOnly?: boolean } = {},
  ): Promise<InboxSync> {
    const options = { limit: MAX_SYNC, characters: this.#characters, unreadOnly };
    const key = JSON.stringify([site, user, since?.offset, since?.epoch, unreadOnly]);
    const sync = await this.#syncs.read(key, async () => {
      const sync = await this.#inbox.sync(site, user, since, options);
      return cutToLength(sync, user, this.#characters);
    });
    const isNew = since === undefined || sync.reason === "new";
    if (!isNew) this.#figures.recovered("inbox", sync.recovered);
    return sync;
  }

  /**
   * The last notifications, or those before an offset: as many as were asked for, and no more than one answer bears. Where
   * there are fewer than were asked for, `more` says whether the answer was cut.
   */
  async page(
    site: string,
    user: UserId,
    options: PageOptions,
  ): Promise<InboxPage & { readonly unread: number }> {
    const [page, unread] = await Promise.all([
      this.#inbox.page(site, user, { ...options, characters: this.#characters }),
      this.#inbox.unread(site, user),
    ]);
    const { notifications, more } = cutToLength({ offset: 0, ...page }, user, this.#characters);
    return { notifications, unread, ...(more && notifications.length < options.limit && { more }) };
  }

  /** Those of these notifications that are in the inbox, archived ones, too, in this order: as many as one answer bears. */
  async named(
    site: string,
    user: UserId,
    ids: readonly string[],
  ): Promise<InboxPage & { readonly unread: number }> {
    const [page, unread] = await Promise.all([
      this.#inbox.read(site, user, [...new Set(ids)], { characters: this.#characters }),
      this.#inbox.unread(site, user),
    ]);
    const { notifications, more } = cutToLength({ offset: 0, ...page }, user, this.#characters);
    return { notifications, unread, ...(more && { more }) };
  }

  /** Notes that a client took these notifications. */
  async acknowledge(
    site: string,
    user: UserId,
    ids: readonly string[],
    connection?: string,
  ): Promise<void> {
    for (const id of ids) this.#steps?.note("acknowledged", { site, user, id }, { connection });
    await this.#inbox.mark(site, user, "delivered", ids);
  }

  /** Notes that a client took all notifications up to an offset. */
  async acknowledgeUpTo(site: string, user: UserId, offset: number): Promise<void> {
    // Most clients acknowledged all themselves, and one look shows it.
    for (let [before, limit] = [offset + 1, 1];; limit = ACKNOWLEDGED_AT_ONCE) {
      const page = await this.#inbox.list(site, user, { before, limit, archived: true });
      const taken = page.filter(({ deliveredAt, readAt }) => !deliveredAt && !readAt);
      if (taken.length === 0) return; // all before this page were taken earlier
      await this.acknowledge(site, user, taken.map(({ id }) => id));
      before = page.at(-1)?.offset ?? 0;
    }
  }

  /**
   * Does what the user did with notifications, and tells all of the user's clients.
   *
   * @param which absent means all
   */
  async change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: Which,
  ): Promise<{ unread: number }> {
    const { ids, unread } = await this.#change(site, user, event, which);
    if (event !== "delete") return { unread };
    for (const id of ids.slice(0, MOST_NOTED)) this.#steps?.note("deleted", { site, user, id });
    if (Array.isArray(which)) await this.#deleteSnoozed(site, user, without(which, ids));
    return { unread };
  }

  async #change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: Which,
  ): Promise<InboxChange> {
    const telling = this.#witness?.changing(site, user);
    if (telling !== undefined) await telling;
    const changed = await this.#inbox.change(site, user, event, which);
    if (event === "delete") await this.#attachments.giveBack(site, user, changed.ids);
    return changed;
  }

  /**
   * Puts notifications off: they leave the inbox, and come back as new ones; those that are put off already come back at this
   * time. Others stay as they are.
   *
   * @param until Unix time in seconds
   */
  async snooze(
    site: string,
    user: UserId,
    ids: readonly string[],
    until: number,
  ): Promise<{ unread: number }> {
    const telling = this.#witness?.changing(site, user);
    if (telling !== undefined) await telling;
    await inSlices(new Set(ids), async (id) => {
      const change = await this.#snoozes.snooze(
        ...[site, user, id, until * 1000] as const,
        (kept) => putOff(kept, until),
      );
      if (change === undefined) await this.#snoozeAgain(site, user, id, until);
      await this.#keepFiles(site, user, id);
    }, { atOnce: SNOOZED_AT_ONCE });
    return { unread: await this.#inbox.unread(site, user) };
  }

  /** Brings back now what the user has put off. */
  async unsnooze(site: string, user: UserId, ids: readonly string[]): Promise<{ unread: number }> {
    await inSlices(new Set(ids), (id) => this.#snoozes.wake(site, user, id), {
      atOnce: SNOOZED_AT_ONCE,
    });
    return { unread: await this.#inbox.unread(site, user) };
  }

  /** What the user has put off, in the order in which it comes back: as many as were asked for, and as one answer bears. */
  async snoozed(
    site: string,
    user: UserId,
    options: ListOptions,
  ): Promise<SnoozedPage & { readonly unread: number }> {
    const [page, unread] = await Promise.all([
      this.#snoozes.list(site, user, options),
      this.#inbox.unread(site, user),
    ]);
    const shown = page.notifications.map((each) => this.#shows.show(each));
    let characters = 0;
    const over = shown.findIndex((each) =>
      (characters += frameLength(user, snoozedPublication(each))) > this.#characters
    );
    const isCut = over >= 0 && over < shown.length;
    const notifications = isCut ? shown.slice(0, Math.max(1, over)) : shown;
    const last = notifications.at(-1);
    const next = isCut && last !== undefined ? { at: last.deliverAt, name: last.id } : page.next;
    return { notifications, unread, ...(next && { next }) };
  }

  /** What is put off already is put off to another time. */
  async #snoozeAgain(site: string, user: UserId, id: string, until: number): Promise<void> {
    const kept = await this.#schedule.find(site, user, id);
    if (kept === undefined || !isSnoozed(kept)) return;
    await this.#schedule.edit(site, user, id, (kept) => ({ ...kept, deliverAt: until * 1000 }));
  }

  /** Files of what was put off are in use for longer. */
  async #keepFiles(site: string, user: UserId, id: string): Promise<void> {
    const kept = await this.#schedule.find(site, user, id);
    if (kept === undefined || !isSnoozed(kept)) return;
    if (kept.attachments === undefined && kept.image === undefined) return;
    await this.#attachments.use({
      ...{ site, user, id, at: kept.deliverAt, expiresAt: kept.expiresAt },
      attachments: kept.attachments?.map((file) => file.id),
      image: kept.image?.id,
    }).catch(() => {}); // it is put off; a file that is gone is gone
  }

  async #deleteSnoozed(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await inSlices(ids, async (id) => {
      const kept = await this.#schedule.find(site, user, id);
      if (kept === undefined || !isSnoozed(kept)) return; // what its sender has scheduled is none of the user's yet
      if (await this.#cancel(site, user, id)) this.#steps?.note("deleted", { site, user, id });
    }, { atOnce: SNOOZED_AT_ONCE });
  }

  /**
   * The receipt of a notification; `undefined` where there is no such notification, or none any more.
   *
   * @param of the user whose it is, where that is known
   */
  async receipt(site: string, id: string, of?: UserId): Promise<Receipt | undefined> {
    const user = of ?? await this.#inbox.owner(site, id);
    if (user === undefined) return undefined;
    // A notification goes from the schedule to the inbox, and back where its user puts it off: so the schedule is asked twice.
    const later = await this.#later(site, user, id);
    if (later !== undefined) return later;
    const found = await this.#inbox.get(site, user, id);
    if (found === undefined) return await this.#later(site, user, id);
    const { queuedAt, sentAt, deliveredAt, readAt } = found;
    return {
      id,
      state: stateOf(found),
      queued_at: inSeconds(queuedAt),
      ...(sentAt && { sent_at: inSeconds(sentAt) }),
      ...(deliveredAt && { delivered_at: inSeconds(deliveredAt) }),
      ...(readAt && { read_at: inSeconds(readAt) }),
      ...actsIn(found),
    };
  }

  /** Whose a notification is, and where it is now, for operators. @param of the user whose it is, where that is known */
  async whereabouts(site: string, id: string, of?: UserId): Promise<Whereabouts | undefined> {
    const user = of ?? await this.#inbox.owner(site, id);
    if (user === undefined) return undefined;
    const later = await this.#schedule.find(site, user, id);
    const found = later === undefined ? await this.#inbox.get(site, user, id) : undefined;
    return {
      user,
      ...(later && { dueAt: later.deliverAt, isSnoozed: isSnoozed(later) }),
      ...(found && { found, ...actsIn(found) }),
    };
  }

  async #later(site: string, user: UserId, id: string): Promise<ScheduledReceipt | undefined> {
    const kept = await this.#schedule.find(site, user, id);
    if (kept === undefined) return undefined;
    const state = isSnoozed(kept) ? "snoozed" : "scheduled";
    return { id, state, deliver_at: inSeconds(kept.deliverAt) };
  }

  /** Takes a notification back for its sender, from the schedule or from the inbox. Says whether there was one. */
  async withdraw(site: string, id: string): Promise<boolean> {
    const user = await this.#inbox.owner(site, id);
    return user !== undefined && await this.withdrawFrom(site, user, id);
  }

  /** As {@linkcode InboxService.withdraw}, from one user. */
  async withdrawFrom(site: string, user: UserId, id: string): Promise<boolean> {
    this.#steps?.note("withdrawn", { site, user, id });
    if (await this.#cancel(site, user, id)) return true;
    if (await this.#inbox.get(site, user, id) === undefined) {
      return await this.#cancel(site, user, id); // it may have been put off in between
    }
    await this.#change(site, user, "delete", [id]);
    return true;
  }

  async #cancel(site: string, user: UserId, id: string): Promise<boolean> {
    if (!await this.#schedule.cancel(site, user, id)) return false;
    await this.#attachments.giveBack(site, user, [id]);
    return true;
  }
}

/** What is kept of a notification that its user puts off: it comes back as a new one. */
function putOff(kept: Kept, until: number): Kept {
  if (kept.expiresAt !== undefined && kept.expiresAt <= until * 1000) {
    const allowed = `a time before it expires, which is ${inSeconds(kept.expiresAt)}`;
    throw invalid("until", until, allowed);
  }
  // When it comes back it asks for attention, even where it came silently.
  const { edited_at: _edited, first_offset: _first, ...rest } = kept.details ?? {};
  const { silent: _silent, [ALERT_AT]: _alertAt, ...details } = rest;
  return { ...kept, details: { ...details, snoozed_at: unixSeconds() } };
}

/** The actions that were done, with what came of each. */
function actsIn({ publication: { details } }: StoredNotification): Pick<InboxReceipt, "actions"> {
  const actions = details?.["actions"];
  if (!Array.isArray(actions)) return {};
  const done = (actions as (Action & Outcome)[]).filter(({ done_at }) => done_at !== undefined)
    .map(({ id, done_at, status, text }) => ({
      ...{ id, done_at },
      ...(status !== undefined && { status }),
      ...(text !== undefined && { text }),
    }));
  return done.length === 0 ? {} : { actions: done };
}

function without(ids: readonly string[], others: readonly string[]): string[] {
  const gone = new Set(others);
  return ids.filter((id) => !gone.has(id));
}
