/** What users do with their inboxes, told to all of their clients. */
import type {
  Broker,
  Inbox,
  InboxSync,
  NotificationState,
  Position,
  Schedule,
  StoredNotification,
} from "./engine.ts";
import type { UserId } from "./fields.ts";
import { userChannel } from "./hub.ts";
import { cutToLength } from "./inbox_page.ts";

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
  readonly #broker: Broker;
  readonly #schedule: Schedule;

  constructor(
    { inbox, broker, schedule }: { inbox: Inbox; broker: Broker; schedule: Schedule },
  ) {
    this.#inbox = inbox;
    this.#broker = broker;
    this.#schedule = schedule;
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

  /** The user has read these, or all up to an offset, or all. */
  async read(
    site: string,
    user: UserId,
    which?: readonly string[] | number,
  ): Promise<{ unread: number }> {
    const ids = typeof which === "number" ? await this.#unreadUpTo(site, user, which) : which;
    const changed = await this.#inbox.mark(site, user, "read", ids);
    return await this.#tell(site, user, { event: "read", ids: changed });
  }

  async archive(site: string, user: UserId, ids: readonly string[]): Promise<{ unread: number }> {
    await this.#inbox.archive(site, user, ids);
    return await this.#tell(site, user, { event: "archive", ids });
  }

  async delete(site: string, user: UserId, ids: readonly string[]): Promise<{ unread: number }> {
    await this.#inbox.remove(site, user, ids);
    return await this.#tell(site, user, { event: "delete", ids });
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
    await this.delete(site, user, [id]);
    return true;
  }

  async #unreadUpTo(site: string, user: UserId, offset: number): Promise<string[]> {
    const { notifications } = await this.#inbox.sync(site, user);
    return notifications.filter((each) => each.offset <= offset).map(({ id }) => id);
  }

  async #tell(
    site: string,
    user: UserId,
    change: { event: "read" | "archive" | "delete"; ids: readonly string[] },
  ): Promise<{ unread: number }> {
    const unread = await this.#inbox.unread(site, user);
    if (change.ids.length > 0) {
      const text = JSON.stringify({ type: "inbox", ...change, unread });
      await this.#broker.publish(userChannel(site, user), {
        kind: "inbox",
        id: "-",
        room: "-",
        text,
      });
    }
    return { unread };
  }
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
