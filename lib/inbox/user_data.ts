/** What is kept of a user's notifications: those in the inbox, and those that wait for their time. */
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import type { Content } from "../core/publication.ts";
import { inSeconds } from "../base/times.ts";
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

  constructor(
    stores: Pick<InboxStores, "inbox" | "schedule" | "users">,
    attachments: Pick<Attachments, "giveBack">,
    shows: Shows,
  ) {
    this.#stores = stores;
    this.#attachments = attachments;
    this.#shows = shows;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    const { inbox, users } = this.#stores;
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
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const { inbox, schedule, users } = this.#stores;
    const options = { limit: AT_ONCE, archived: true };
    const ids = (await inbox.list(site, user, options)).map(({ id }) => id);
    if (ids.length > 0) {
      await inbox.change(site, user, "delete", ids);
      await this.#attachments.giveBack(site, user, ids);
      return { erased: { notifications: ids.length }, more: true };
    }
    let count = 0;
    for (const { id } of await users.scheduled(site, user)) {
      if (!await schedule.cancel(site, user, id)) continue;
      await this.#attachments.giveBack(site, user, [id]);
      count++;
    }
    return { erased: { notifications: count + await users.forget(site, user) } };
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

function contentOnWire(
  { from, message, data, tags, attachments, image, details }: Content,
): object {
  return { name: from?.name, message, data, tags, attachments, image, ...details };
}
