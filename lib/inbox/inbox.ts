/** What clients and senders ask of inboxes: clients read pages and say what users did, senders ask for receipts. */
import type {
  Inbox,
  InboxEvent,
  InboxStores,
  InboxSync,
  NotificationState,
  ReceiptLog,
  Schedule,
  StoredNotification,
} from "./store/store.ts";
import type { Position } from "../core/publication.ts";
import type { UserId } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import { cutToLength } from "./page.ts";
import { stateOf } from "./wire.ts";

/** Most notifications in one answer. */
const MAX_SYNC = 200;
/** Most characters of these together: well below `APP_LIMIT_QUEUE`. */
const MAX_SYNC_CHARACTERS = 250_000;

const ACKNOWLEDGED_AT_ONCE = 100;

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

  constructor({ inbox, schedule, keepReceipts }: Omit<InboxStores, "tasks">) {
    this.#inbox = inbox;
    this.#schedule = schedule;
    this.#keepReceipts = keepReceipts;
  }

  /** Begins to keep a log of what is delivered and read, for the feature that tells senders, which calls this once. */
  keepReceipts(): ReceiptLog {
    return this.#keepReceipts();
  }

  /** What came after a position, or all that is unread where there is no position: as much as one answer bears. */
  async sync(
    site: string,
    user: UserId,
    since: Position | undefined,
    options: { unreadOnly?: boolean } = {},
  ): Promise<InboxSync> {
    const sync = await this.#inbox.sync(site, user, since, { limit: MAX_SYNC, ...options });
    return cutToLength(sync, user, MAX_SYNC_CHARACTERS);
  }

  async page(
    site: string,
    user: UserId,
    options: { before?: number; limit: number; archived?: boolean },
  ): Promise<{ notifications: StoredNotification[]; unread: number }> {
    const [notifications, unread] = await Promise.all([
      this.#inbox.list(site, user, options),
      this.#inbox.unread(site, user),
    ]);
    return { notifications, unread };
  }

  /** Notes that a client took these notifications. */
  async acknowledge(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await this.#inbox.mark(site, user, "delivered", ids);
  }

  /** Notes that a client took all notifications up to an offset. */
  async acknowledgeUpTo(site: string, user: UserId, offset: number): Promise<void> {
    for (let before = offset + 1;;) {
      const page = await this.#inbox.list(site, user, {
        before,
        limit: ACKNOWLEDGED_AT_ONCE,
        archived: true,
      });
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
    const { unread } = await this.#inbox.change(site, user, event, which);
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
    if (user === undefined) return false;
    if (await this.#schedule.cancel(site, user, id)) return true;
    if (await this.#inbox.get(site, user, id) === undefined) return false;
    await this.change(site, user, "delete", [id]);
    return true;
  }
}
