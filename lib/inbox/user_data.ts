/** What is kept of a user's notifications: those in the inbox, and those that wait for their time. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Content } from "../core/publication.ts";
import { inSeconds } from "../base/times.ts";
import type { Database } from "../engines/database/database.ts";
import { actOnWire } from "./acts/acts.ts";
import { actsOf, forgetUser } from "./acts/store.ts";
import type { Attachments } from "./attachments.ts";
import type { Shows } from "./shown.ts";
import type { InboxStores, StoredNotification } from "./store/store.ts";
import { isSnoozed, stateOf } from "./store/kept.ts";

/** How many notifications are read or erased at once. */
const AT_ONCE = 200;

export class InboxData implements UserData {
  readonly #stores: Pick<InboxStores, "inbox" | "schedule" | "users">;

  readonly #attachments: Pick<Attachments, "giveBack">;
  readonly #shows: Shows;
  readonly #database: Database;
  /** Those that wait for something else than their time. */
  readonly #waiting: readonly UserData[];

  constructor(
    stores: Pick<InboxStores, "inbox" | "schedule" | "users">,
    { attachments, shows, database, waiting }: {
      readonly attachments: Pick<Attachments, "giveBack">;
      readonly shows: Shows;
      readonly database: Database;
      readonly waiting: readonly UserData[];
    },
  ) {
    this.#database = database;
    this.#waiting = waiting;
    this.#stores = stores;
    this.#attachments = attachments;
    this.#shows = shows;
  }

  async *export(subject: DataSubject): AsyncGenerator<DataRecord> {
    const { inbox, users } = this.#stores;
    const { site, user } = subject;
    let page: readonly StoredNotification[];
    let before: number | undefined;
    do {
      page = await inbox.list(site, user, { before, limit: AT_ONCE, archived: true });
      for (const each of page) yield recordOf(each);
      before = page.at(-1)?.offset;
    } while (page.length === AT_ONCE);
    for (const { id, room, deliverAt, content } of await users.scheduled(site, user)) {
      yield {
        ...{ type: "notification", id, room, ...contentOnWire(this.#shows.show(content)) },
        ...{ state: isSnoozed(content) ? "snoozed" : "scheduled" },
        deliver_at: inSeconds(deliverAt),
      };
    }
    if (this.#database.whyNotReady() !== undefined) return;
    for (const part of this.#waiting) yield* part.export(subject);
    for (const act of await this.#database.transaction(() => actsOf(site, user))) {
      yield { type: "action", notification_id: act.id, ...actOnWire(act) };
    }
  }

  async erase(subject: DataSubject): Promise<ErasedPart> {
    const { inbox, schedule, users } = this.#stores;
    const { site, user } = subject;
    // First, so that nothing of it comes into the inbox.
    const erased: Record<string, number> = {};
    if (this.#database.whyNotReady() === undefined) {
      for (const part of this.#waiting) Object.assign(erased, (await part.erase(subject)).erased);
    }
    const options = { limit: AT_ONCE, archived: true };
    const ids = (await inbox.list(site, user, options)).map(({ id }) => id);
    if (ids.length > 0) {
      await inbox.change(site, user, "delete", ids);
      await this.#attachments.giveBack(site, user, ids);
      return { erased: { ...erased, notifications: ids.length }, more: true };
    }
    let count = 0;
    for (const { id } of await users.scheduled(site, user)) {
      if (!await schedule.cancel(site, user, id)) continue;
      await this.#attachments.giveBack(site, user, [id]);
      count++;
    }
    const notifications = count + await users.forget(site, user);
    if (this.#database.whyNotReady() !== undefined) return { erased: { ...erased, notifications } };
    const acts = await this.#database.transaction(() => forgetUser(site, user));
    return { erased: { ...erased, notifications, notification_actions: acts } };
  }
}

function recordOf(stored: StoredNotification): DataRecord {
  const { id, room, publication, queuedAt, readAt, archivedAt } = stored;
  return {
    ...{ type: "notification", id, room, ...contentOnWire(publication) },
    ...{ state: stateOf(stored), queued_at: inSeconds(queuedAt) },
    ...(readAt && { read_at: inSeconds(readAt) }),
    ...(archivedAt && { archived_at: inSeconds(archivedAt) }),
  };
}

/** The fields of a content, as answers show them. */
export function contentOnWire(
  { from, message, data, tags, attachments, image, details }: Content,
): object {
  return { name: from?.name, message, data, tags, attachments, image, ...details };
}
