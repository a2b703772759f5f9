/** The inboxes in SQLite. */
import type {
  Change,
  EditOptions,
  Inbox,
  InboxChange,
  InboxEvent,
  InboxPage,
  InboxSync,
  Kept,
  Notification,
  PageOptions,
  Queued,
  ReadOptions,
  StoredNotification,
  SyncOptions,
  Taken,
  Which,
} from "./store.ts";
import type { Position, Standing } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import { syncOf } from "../page.ts";
import { bytesOf, type SqliteArrivals } from "./sqlite_arrivals.ts";
import { placesOf, type SqliteInboxStatements } from "./sqlite_inbox_statements.ts";
import { groupOf } from "./kept.ts";
import { SqliteEdits } from "./sqlite_edits.ts";
import { ALL, SqliteReading } from "./sqlite_reading.ts";
import { syncReason } from "./sync_reason.ts";
import { readPast } from "../../engines/past.ts";
import type { Row } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";

/** How long a user who comes again and again need not be noted. */
const TOUCHED_MS = 12 * 3600 * 1000;

type Reading = Pick<ReadOptions, "characters">;

export class SqliteInbox implements Inbox {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #sql: SqliteInboxStatements;
  readonly #reading: SqliteReading;
  readonly #edits: SqliteEdits;

  constructor(store: SqliteStore, arrivals: SqliteArrivals) {
    this.#store = store;
    this.#arrivals = arrivals;
    this.#sql = arrivals.sql;
    this.#reading = new SqliteReading(store);
    this.#edits = new SqliteEdits(store, arrivals);
  }

  async append(notification: Notification): Promise<boolean> {
    const stored = await this.#store.commit(() => {
      if (notification.isCallersId && !this.#arrivals.takeId(notification)) return undefined;
      return this.#arrivals.put(notification);
    });
    if (stored !== undefined) this.#arrivals.fanOut(stored);
    return stored !== undefined;
  }

  async queued(
    site: string,
    user: UserId,
    room: string,
    reading: Reading = {},
  ): Promise<Queued> {
    const { offset, epoch, size } = this.#sql.position.get(site, user) ?? {};
    const waiting = size
      ? this.#queued(site, user, room, reading)
      : { notifications: [], rest: [] }; // most users who come have none, and nothing is looked for
    await this.#store.settled();
    return { offset: Number(offset ?? 0), epoch: String(epoch ?? ""), ...waiting };
  }

  async read(
    site: string,
    user: UserId,
    ids: readonly string[],
    reading: Reading = {},
  ): Promise<InboxPage> {
    const page = this.#reading.page(this.#rowsOf(site, user, ids), reading);
    await this.#store.settled();
    return page;
  }

  async sync(
    site: string,
    user: UserId,
    since?: Position,
    { unreadOnly = false, ...reading }: SyncOptions = {},
  ): Promise<InboxSync> {
    const inbox = await this.#position(site, user);
    const reason = syncReason(since, inbox);
    const recovered = reason === undefined;
    const after = recovered ? since?.offset ?? 0 : 0;
    const statement = recovered && !unreadOnly ? this.#sql.since : this.#sql.unreadSince;
    const now = Date.now();
    const page = inbox.isEmpty ? { notifications: [] } : this.#reading.on(
      (last, count) => statement.all(site, user, last, now, count),
      after,
      reading,
    );
    const unread = inbox.isEmpty ? 0 : await this.unread(site, user);
    await this.#store.settled();
    return syncOf({ ...inbox, unread }, page, reason);
  }

  async list(
    site: string,
    user: UserId,
    options: PageOptions,
  ): Promise<readonly StoredNotification[]> {
    return (await this.page(site, user, options)).notifications;
  }

  page(site: string, user: UserId, options: PageOptions): Promise<InboxPage> {
    const { before = Number.MAX_SAFE_INTEGER, group, folded, archived, ...reading } = options;
    const sql = this.#sql;
    const now = Date.now();
    const places = placesOf(archived);
    if (group !== undefined) {
      return Promise.resolve(this.#reading.on(
        (last, count) => sql.ofGroup.all(site, user, group, last, places, now, count),
        before,
        reading,
      ));
    }
    const statement = folded ? sql.folded : sql.list;
    const page = this.#reading.on(
      (last, count) => statement.all(site, user, last, places, now, count),
      before,
      reading,
    );
    if (!folded) return Promise.resolve(page);
    const notifications = page.notifications.map((each) => {
      const group = groupOf(each.publication);
      if (group === undefined) return each;
      const { count, unread } = sql.countGroup.get(site, user, group, places, now) ?? {};
      return { ...each, group: { count: Number(count), unread: Number(unread) } };
    });
    return Promise.resolve({ ...page, notifications });
  }

  get(site: string, user: UserId, id: string): Promise<StoredNotification | undefined> {
    const row = this.#sql.get.get(site, user, id);
    return Promise.resolve(row && this.#reading.notification(row));
  }

  owner(site: string, id: string): Promise<UserId | undefined> {
    const row = this.#sql.owner.get(site, id);
    return Promise.resolve(row === undefined ? undefined : String(row["user"]));
  }

  mark(site: string, user: UserId, state: Taken, ids: readonly string[]): Promise<string[]> {
    const statement = this.#sql.mark[state];
    const now = Date.now();
    return this.#store.commit(() =>
      ids.filter((id) => statement.run(now, site, user, id).changes > 0)
    );
  }

  async change(
    site: string,
    user: UserId,
    event: InboxEvent,
    which: Which = ALL,
  ): Promise<InboxChange> {
    const statement = this.#sql.change[event];
    const now = Date.now();
    const change = await this.#store.commit(() => {
      const meant = this.#idsIn(site, user, event, which);
      const ids = event === "delete"
        ? this.#delete(site, user, meant)
        : meant.filter((id) => statement.run(now, site, user, id).changes > 0);
      return { ids, unread: this.#arrivals.unread(site, user) };
    });
    if (change.ids.length > 0) this.#arrivals.tell(site, user, event, change);
    return change;
  }

  #idsIn(site: string, user: UserId, event: InboxEvent, which: Which): readonly string[] {
    const { unreadUpTo, idsUpTo, idsOfGroup } = this.#sql;
    if (typeof which === "number") {
      return idsOf((event === "read" ? unreadUpTo : idsUpTo).all(site, user, which));
    }
    return "group" in which ? idsOf(idsOfGroup.all(site, user, which.group)) : which;
  }

  /** Deletes notifications, and returns the ids of those that were there. Runs in a commit. */
  #delete(site: string, user: UserId, meant: readonly string[]): string[] {
    const rows: Row[] = [];
    const ids = meant.filter((id) => {
      const row = this.#sql.change.delete.get(0, site, user, id);
      if (row !== undefined) rows.push(row);
      return row !== undefined;
    });
    this.#sql.noteDeleted.run(rows.length, bytesOf(rows), site, user);
    return ids;
  }

  unread(site: string, user: UserId): Promise<number> {
    return Promise.resolve(this.#arrivals.unread(site, user));
  }

  edit(
    site: string,
    user: UserId,
    id: string,
    change: Change<StoredNotification>,
    options?: EditOptions,
  ): Promise<Kept | undefined> {
    return this.#edits.edit({ site, user, id }, change, options);
  }

  async #position(
    site: string,
    user: UserId,
  ): Promise<Standing & { readonly dropped: number; readonly isEmpty: boolean }> {
    const row = this.#sql.position.get(site, user) ?? await this.#store.commit(() => {
      this.#sql.makeInbox.run(site, user, Date.now());
      return this.#sql.position.get(site, user);
    }).catch(() => undefined); // on a full disk a new user may still come into rooms, with an empty inbox
    if (row !== undefined) this.#touch(site, user, Number(row["touched_at"]));
    return {
      offset: Number(row?.["offset"] ?? 0),
      // Where the inbox could not be stored, its epoch is one that no later position has.
      epoch: String(row?.["epoch"] ?? crypto.randomUUID().slice(0, 8)),
      past: readPast(String(row?.["past"] ?? "")),
      dropped: Number(row?.["dropped"] ?? 0),
      isEmpty: !row?.["size"],
    };
  }

  /** Notes that the user was here, which keeps the inbox although it may be empty. Nobody waits for it. */
  #touch(site: string, user: UserId, touchedAt: number): void {
    const now = Date.now();
    if (Math.abs(now - touchedAt) < TOUCHED_MS) return;
    this.#store.commit(() => this.#sql.touch.run(now, site, user)).catch(() => {}); // the store has logged it
  }

  *#rowsOf(site: string, user: UserId, ids: readonly string[]): Generator<Row> {
    const now = Date.now();
    for (const id of ids) {
      const row = this.#sql.getUnexpired.get(site, user, id, now);
      if (row !== undefined) yield row;
    }
  }

  #queued(
    site: string,
    user: UserId,
    room: string,
    reading: Reading,
  ): Pick<Queued, "notifications" | "rest"> {
    const { queued, queuedIds } = this.#sql;
    const now = Date.now();
    const { notifications, more } = this.#reading.on(
      (last, count) => queued.all(site, user, room, last, now, count),
      0,
      reading,
    );
    const last = notifications.at(-1)?.offset ?? 0;
    const rest = more ? idsOf(queuedIds.all(site, user, room, last, now)) : [];
    return { notifications, rest };
  }
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => String(row["id"]));
}
