/** What clients and senders ask of inboxes: clients read pages and say what users did, senders ask for receipts. */
import type {
  Inbox,
  InboxEvent,
  InboxPage,
  InboxStores,
  InboxSync,
  NotificationState,
  PageOptions,
  ReceiptLog,
  Schedule,
} from "./store/store.ts";
import type { Attachments } from "./attachments.ts";
import type { Position } from "../core/publication.ts";
import { answerCharacters } from "../core/work.ts";
import type { UserId } from "../base/fields.ts";
import { SharedReads } from "../base/shared_reads.ts";
import type { Limits } from "../base/sizes.ts";
import { inSeconds } from "../base/times.ts";
import { cutToLength } from "./page.ts";
import { stateOf } from "./store/kept.ts";

/** Most notifications in one answer to a client that syncs. */
const MAX_SYNC = 200;

/** How many notifications are looked at together for those that were not acknowledged; one at first. */
const ACKNOWLEDGED_AT_ONCE = 20;

/** Says to its sender how far a notification came. Times are Unix times in seconds. */
export type Receipt = ScheduledReceipt | InboxReceipt;

/** The receipt of a notification that waits for its time. */
interface ScheduledReceipt {
  readonly id: string;
  readonly state: "scheduled";
  readonly deliver_at: number;
}

interface InboxReceipt {
  readonly id: string;
  readonly state: NotificationState;
  readonly queued_at: number;
  readonly sent_at?: number;
  readonly delivered_at?: number;
  readonly read_at?: number;
}

export class InboxService {
  readonly #inbox: Inbox;
  readonly #schedule: Schedule;
  readonly #keepReceipts: () => ReceiptLog;
  readonly #attachments: Pick<Attachments, "giveBack">;
  /** Most characters of one answer. */
  readonly #characters: number;
  /** The syncs under way: many devices of a user come back at once, from the same position. */
  readonly #syncs = new SharedReads<InboxSync>();

  constructor(
    { inbox, schedule, keepReceipts }: Pick<InboxStores, "inbox" | "schedule" | "keepReceipts">,
    limits: Pick<Limits, "queue">,
    attachments: Pick<Attachments, "giveBack">,
  ) {
    this.#attachments = attachments;
    this.#characters = answerCharacters(limits);
    this.#inbox = inbox;
    this.#schedule = schedule;
    this.#keepReceipts = keepReceipts;
  }

  /** Begins to keep a log of what is delivered and read, for the feature that tells senders, which calls this once. */
  keepReceipts(): ReceiptLog {
    return this.#keepReceipts();
  }

  /** What came after a position, or all that is unread where there is no position: as much as one answer bears. */
  sync(
    site: string,
    user: UserId,
    since: Position | undefined,
    { unreadOnly = false }: { unreadOnly?: boolean } = {},
  ): Promise<InboxSync> {
    const options = { limit: MAX_SYNC, characters: this.#characters, unreadOnly };
    const key = JSON.stringify([site, user, since?.offset, since?.epoch, unreadOnly]);
    return this.#syncs.read(key, async () => {
      const sync = await this.#inbox.sync(site, user, since, options);
      return cutToLength(sync, user, this.#characters);
    });
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

  /** Notes that a client took these notifications. */
  async acknowledge(site: string, user: UserId, ids: readonly string[]): Promise<void> {
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
   * @param which ids, or all up to an offset; absent means all
   */
  async change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: readonly string[] | number,
  ): Promise<{ unread: number }> {
    const { ids, unread } = await this.#inbox.change(site, user, event, which);
    if (event === "delete") await this.#attachments.giveBack(site, user, ids);
    return { unread };
  }

  /** The receipt of a notification; `undefined` where there is no such notification, or none any more. */
  async receipt(site: string, id: string): Promise<Receipt | undefined> {
    const user = await this.#inbox.owner(site, id);
    if (user === undefined) return undefined;
    // The schedule is asked first, since a notification goes from there to the inbox, and never back.
    const dueAt = await this.#schedule.dueAt(site, user, id);
    if (dueAt !== undefined) return { id, state: "scheduled", deliver_at: inSeconds(dueAt) };
    const found = await this.#inbox.get(site, user, id);
    if (found === undefined) return undefined;
    const { queuedAt, sentAt, deliveredAt, readAt } = found;
    return {
      id,
      state: stateOf(found),
      queued_at: inSeconds(queuedAt),
      ...(sentAt && { sent_at: inSeconds(sentAt) }),
      ...(deliveredAt && { delivered_at: inSeconds(deliveredAt) }),
      ...(readAt && { read_at: inSeconds(readAt) }),
    };
  }

  /** Takes a notification back for its sender, from the schedule or from the inbox. Says whether there was one. */
  async withdraw(site: string, id: string): Promise<boolean> {
    const user = await this.#inbox.owner(site, id);
    return user !== undefined && await this.withdrawFrom(site, user, id);
  }

  /** As {@linkcode InboxService.withdraw}, from one user. */
  async withdrawFrom(site: string, user: UserId, id: string): Promise<boolean> {
    if (await this.#schedule.cancel(site, user, id)) {
      await this.#attachments.giveBack(site, user, [id]);
      return true;
    }
    if (await this.#inbox.get(site, user, id) === undefined) return false;
    await this.change(site, user, "delete", [id]);
    return true;
  }
}
