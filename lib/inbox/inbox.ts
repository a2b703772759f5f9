/** What clients and senders ask of inboxes: pages that a client can take, what users do, receipts. */
import type {
  Inbox,
  InboxEvent,
  InboxSync,
  NotificationState,
  ReceiptLog,
  Schedule,
  StoredNotification,
} from "./store/store.ts";
import type { Position } from "../core/publication.ts";
import type { UserId } from "../base/fields.ts";
import type { InboxStores } from "./store/store.ts";
import { cutToLength } from "./page.ts";

/** Most notifications of one answer, and their length together: well below `APP_LIMIT_QUEUE`. */
const MAX_SYNC = 200;
const MAX_SYNC_CHARACTERS = 250_000;

const ACKNOWLEDGED_AT_ONCE = 100;

/** How far a notification came, for who sent it; times are Unix times in seconds. */
export type Receipt = ScheduledReceipt | InboxReceipt;

/** Of one that waits for its time. */
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

  constructor({ inbox, schedule, keepReceipts }: Omit<InboxStores, keyof Disposable>) {
    this.#inbox = inbox;
    this.#schedule = schedule;
    this.#keepReceipts = keepReceipts;
  }

  /** What is delivered and read from now on, for whoever tells senders of it. Called once, as features are opened. */
  keepReceipts(): ReceiptLog {
    return this.#keepReceipts();
  }

  /** What came after a position, or without one all that is unread, as much as one answer bears. */
  async sync(
    site: string,
    user: UserId,
    since: Position | undefined,
    options: { unreadOnly?: boolean } = {},
  ): Promise<InboxSync> {
    const sync = await this.#inbox.sync(site, user, since, { limit: MAX_SYNC, ...options });
    return cutToLength(sync, MAX_SYNC_CHARACTERS);
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

  /** A client took these. */
  async acknowledge(site: string, user: UserId, ids: readonly string[]): Promise<void> {
    await this.#inbox.mark(site, user, "delivered", ids);
  }

  /** A client took all up to an offset. */
  async acknowledgeUpTo(site: string, user: UserId, offset: number): Promise<void> {
    for (let before = offset + 1;;) {
      const page = await this.#inbox.list(site, user, {
        before,
        limit: ACKNOWLEDGED_AT_ONCE,
        archived: true,
      });
      const taken = page.filter(({ deliveredAt, readAt }) => !deliveredAt && !readAt);
      if (taken.length === 0) return; // those before them were taken before
      await this.acknowledge(site, user, taken.map(({ id }) => id));
      before = page.at(-1)?.offset ?? 0;
    }
  }

  /** The user did something with these, or with all up to an offset, or with all; the user's clients are told. */
  async change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which?: readonly string[] | number,
  ): Promise<{ unread: number }> {
    const { unread } = await this.#inbox.change(site, user, event, which);
    return { unread };
  }

  /** For its sender; `undefined` where there is no such notification any more. */
  async receipt(site: string, id: string): Promise<Receipt | undefined> {
    const user = await this.#inbox.owner(site, id);
    if (user === undefined) return undefined;
    // The schedule first: a notification goes from there to the inbox, never back.
    const dueAt = await this.#schedule.dueAt(site, user, id);
    if (dueAt !== undefined) return { id, state: "scheduled", deliver_at: seconds(dueAt) };
    const found = await this.#inbox.get(site, user, id);
    if (found === undefined) return undefined;
    const { queuedAt, sentAt, deliveredAt, readAt } = found;
    return {
      id,
      state: readAt ? "read" : deliveredAt ? "delivered" : sentAt ? "sent" : "queued",
      queued_at: seconds(queuedAt),
      ...(sentAt && { sent_at: seconds(sentAt) }),
      ...(deliveredAt && { delivered_at: seconds(deliveredAt) }),
      ...(readAt && { read_at: seconds(readAt) }),
    };
  }

  /** Its sender takes it back: it is never delivered, or leaves the inbox. Says whether there was one. */
  async withdraw(site: string, id: string): Promise<boolean> {
    const user = await this.#inbox.owner(site, id);
    if (user === undefined) return false;
    if (await this.#schedule.cancel(site, user, id)) return true;
    if (await this.#inbox.get(site, user, id) === undefined) return false;
    await this.change(site, user, "delete", [id]);
    return true;
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
