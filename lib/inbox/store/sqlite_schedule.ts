/** The schedule in SQLite: notifications that wait for their time. */
import { Buffer } from "node:buffer";
import type {
  Due,
  KeptForLater,
  Notification,
  Refused,
  Released,
  Schedule,
  ScheduledNotification,
} from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { reasonOf } from "../../base/reason.ts";
import { type Content, decodeContent, encodeContent } from "../../core/publication.ts";
import type { Arrived, SqliteArrivals } from "./sqlite_arrivals.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import { contentIn } from "./kept.ts";
import { EACH_BYTES } from "./sqlite_inbox_statements.ts";
import { tooManyScheduled } from "./too_many_scheduled.ts";
import { isOfChange, type SqliteStore } from "../../engines/sqlite/store.ts";

/** Most notifications that are kept aside; past so many, the oldest go. */
const MOST_REFUSED = 10_000;

/** What was due. */
interface TakenOut {
  readonly count: number;
  expired: number;
  readonly refused: Refused[];
  readonly arrived: (Arrived & { readonly dueAt: number })[];
}

/** What a change of a notification makes of it. */
interface Changed {
  readonly kept?: KeptForLater;
  readonly content?: string;
  /** How many bytes more it takes. */
  readonly grown?: number;
  readonly failure?: unknown;
}

/** Counting takes a millisecond for so many, and all else waits meanwhile. */
const MOST_COUNTED = 100_000;

export class SqliteSchedule implements Schedule {
  readonly #store: SqliteStore;
  readonly #arrivals: SqliteArrivals;
  readonly #mostBytes: number;
  readonly #insert: Statement;
  readonly #bytes: Statement;
  readonly #addBytes: Statement;
  readonly #takeBytes: Statement;
  readonly #forgetBytes: Statement;
  readonly #count: Statement;
  readonly #dueAt: Statement;
  readonly #remove: Statement;
  readonly #keepRefused: Statement;
  readonly #forgetRefused: Statement;
  readonly #forgetId: Statement;
  readonly #dateId: Statement;
  readonly #first: Statement;
  readonly #due: Statement;
  readonly #find: Statement;
  readonly #update: Statement;

  /** @param mostBytes of what is scheduled for one user; `Infinity` for no limit */
  constructor(store: SqliteStore, arrivals: SqliteArrivals, mostBytes: number) {
    this.#store = store;
    this.#mostBytes = mostBytes;
    this.#arrivals = arrivals;
    const sql = (text: string) => store.prepare(text);
    this.#insert = sql(
      `INSERT INTO scheduled (site, user, id, room, at, content, deliver_at, expires_at, snoozed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#bytes = sql("SELECT bytes FROM scheduled_bytes WHERE site = ? AND user = ?");
    this.#addBytes = sql(
      `INSERT INTO scheduled_bytes (site, user, bytes) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes`,
    );
    this.#takeBytes = sql(
      "UPDATE scheduled_bytes SET bytes = bytes - ? WHERE site = ? AND user = ?",
    );
    this.#forgetBytes = sql(
      "DELETE FROM scheduled_bytes WHERE site = ? AND user = ? AND bytes <= 0",
    );
    this.#count = sql(
      `SELECT count(*) AS count FROM (SELECT 1 FROM scheduled LIMIT ${MOST_COUNTED})`,
    );
    this.#dueAt = sql("SELECT deliver_at FROM scheduled WHERE site = ? AND user = ? AND id = ?");
    this.#keepRefused = sql(
      `INSERT INTO refused
         (reason, refused_at, site, user, id, room, content, deliver_at, expires_at)
       SELECT ?, ?, site, user, id, room, content, deliver_at, expires_at FROM scheduled
       WHERE site = ? AND user = ? AND id = ?`,
    );
    this.#forgetRefused = sql("DELETE FROM refused WHERE seq <= ?");
    this.#forgetId = sql("DELETE FROM callers_ids WHERE site = ? AND user = ? AND id = ?");
    this.#remove = sql(
      `DELETE FROM scheduled WHERE site = ? AND user = ? AND id = ?
       RETURNING snoozed_at, octet_length(content) + ${EACH_BYTES} AS bytes`,
    );
    this.#dateId = sql("UPDATE callers_ids SET at = ? WHERE site = ? AND user = ? AND id = ?");
    this.#first = sql("SELECT min(deliver_at) AS first FROM scheduled");
    this.#due = sql(
      `SELECT site, user, id, room, at, content, deliver_at, CAST(expires_at AS REAL) AS expires_at
       FROM scheduled WHERE deliver_at <= ? ORDER BY deliver_at, seq LIMIT ?`,
    );
    this.#find = sql(
      `SELECT site, user, id, room, at, content, deliver_at, snoozed_at,
         CAST(expires_at AS REAL) AS expires_at, octet_length(content) + ${EACH_BYTES} AS bytes
       FROM scheduled WHERE site = ? AND user = ? AND id = ?`,
    );
    this.#update = sql(
      `UPDATE scheduled SET room = ?, at = ?, content = ?, deliver_at = ?, expires_at = ?
       WHERE site = ? AND user = ? AND id = ?`,
    );
  }

  async add(notification: ScheduledNotification): Promise<boolean> {
    const content = encodeContent(notification);
    const outcome = await this.#store.commit(() => {
      if (this.#isFull(notification, content)) {
        return this.#isKnown(notification) ? "known" : "full";
      }
      const { isCallersId, deliverAt } = notification;
      if (isCallersId && !this.#arrivals.takeId(notification, deliverAt)) return "known";
      this.#insertOne(notification, content);
      return "new";
    });
    if (outcome === "full") throw tooManyScheduled(this.#mostBytes);
    return outcome === "new";
  }

  /** Puts in what was in the inbox until now. Where that is too much, it does not, and returns the error. Runs in a commit. */
  putOff(notification: ScheduledNotification): Error | undefined {
    const content = encodeContent(notification);
    if (this.#isFull(notification, content)) return tooManyScheduled(this.#mostBytes);
    this.#insertOne(notification, content, Date.now());
    const { site, user, id, deliverAt } = notification;
    this.#dateId.run(deliverAt, site, user, id);
    return undefined;
  }

  #isFull({ site, user }: ScheduledNotification, content: string): boolean {
    const bytes = Number(this.#bytes.get(site, user)?.["bytes"] ?? 0);
    return bytes + Buffer.byteLength(content) + EACH_BYTES > this.#mostBytes;
  }

  /** Runs in a commit. */
  #insertOne(
    notification: ScheduledNotification,
    content: string,
    snoozedAt: number | null = null,
  ): void {
    const { site, user, id, room, at = null, deliverAt, expiresAt = null } = notification;
    this.#insert.run(site, user, id, room, at, content, deliverAt, expiresAt, snoozedAt);
    this.#addBytes.run(site, user, Buffer.byteLength(content) + EACH_BYTES);
  }

  #isKnown({ site, user, id, isCallersId }: ScheduledNotification): boolean {
    return isCallersId === true && this.#arrivals.knowsId(site, user, id);
  }

  /** Takes a notification out, and returns what it was; `undefined` where it was not there. Runs in a commit. */
  #takeAway(site: string, user: UserId, id: string): Row | undefined {
    const removed = this.#remove.get(site, user, id);
    if (removed === undefined) return undefined;
    this.#takeBytes.run(Number(removed["bytes"]), site, user);
    this.#forgetBytes.run(site, user);
    return removed;
  }

  count(): Promise<number> {
    return Promise.resolve(Number(this.#count.get()?.["count"]));
  }

  dueAt(site: string, user: UserId, id: string): Promise<number | undefined> {
    const row = this.#dueAt.get(site, user, id);
    return Promise.resolve(row === undefined ? undefined : Number(row["deliver_at"]));
  }

  async content(site: string, user: UserId, id: string): Promise<Content | undefined> {
    const kept = await this.find(site, user, id);
    return kept && contentIn(kept);
  }

  find(site: string, user: UserId, id: string): Promise<KeptForLater | undefined> {
    const row = this.#find.get(site, user, id);
    return Promise.resolve(row && this.#keptIn(row));
  }

  #keptIn(row: Row): KeptForLater {
    const { site: _site, user: _user, id: _id, ...kept } = toNotification(row, this.#store);
    return { ...kept, deliverAt: Number(row["deliver_at"]) };
  }

  async edit(
    site: string,
    user: UserId,
    id: string,
    make: (kept: KeptForLater) => KeptForLater,
  ): Promise<KeptForLater | undefined> {
    const outcome = await this.#store.commit((): Changed & { readonly unread?: number } => {
      const row = this.#find.get(site, user, id);
      if (row === undefined) return {};
      const change = this.#changeOf(row, make);
      if (change.failure === undefined) this.#write(row, change);
      const isMoved = change.kept?.deliverAt !== row["deliver_at"] && row["snoozed_at"] !== null;
      return { ...change, ...(isMoved && { unread: this.#arrivals.unread(site, user) }) };
    });
    if (outcome.failure !== undefined) throw outcome.failure;
    if (outcome.unread !== undefined) {
      const snoozed_until = Math.floor(outcome.kept!.deliverAt / 1000);
      const change = { ids: [id], unread: outcome.unread };
      this.#arrivals.tell(site, user, "snooze", change, { snoozed_until });
    }
    return outcome.kept;
  }

  /** What a notification becomes, or why it cannot: within a commit, an error would be taken for one of the file. */
  #changeOf(row: Row, make: (kept: KeptForLater) => KeptForLater): Changed {
    const [site, user] = [String(row["site"]), String(row["user"])];
    try {
      const kept = make(this.#keptIn(row));
      const content = encodeContent(kept);
      const grown = Buffer.byteLength(content) + EACH_BYTES - Number(row["bytes"]);
      const bytes = Number(this.#bytes.get(site, user)?.["bytes"] ?? 0) + grown;
      if (grown > 0 && bytes > this.#mostBytes) throw tooManyScheduled(this.#mostBytes);
      return { kept, content, grown };
    } catch (failure) {
      return { failure };
    }
  }

  #write({ site, user, id }: Row, { kept, content = "", grown = 0 }: Changed): void {
    const { room, at = null, deliverAt, expiresAt = null } = kept!;
    const owner = [String(site), String(user)] as const;
    this.#update.run(room, at, content, deliverAt, expiresAt, ...owner, String(id));
    this.#addBytes.run(...owner, grown);
    this.#dateId.run(deliverAt, ...owner, String(id));
  }

  async cancel(site: string, user: UserId, id: string): Promise<boolean> {
    const outcome = await this.#store.commit(() => {
      const removed = this.#takeAway(site, user, id);
      if (removed === undefined) return undefined;
      this.#dateId.run(Date.now(), site, user, id); // the id is known for a day from now, no longer
      return removed["snoozed_at"] === null ? {} : { unread: this.#arrivals.unread(site, user) };
    });
    if (outcome?.unread !== undefined) {
      this.#arrivals.tell(site, user, "delete", { ids: [id], unread: outcome.unread });
    }
    return outcome !== undefined;
  }

  /** Delivers a notification now that its user has snoozed. Says whether there was one. */
  async releaseNow(site: string, user: UserId, id: string): Promise<boolean> {
    const arrived = await this.#store.commit(() => {
      const row = this.#find.get(site, user, id);
      if (row === undefined || row["snoozed_at"] === null) return undefined;
      return this.#takeOutOne(row, Date.now());
    });
    if (arrived !== undefined) this.#arrivals.fanOut(arrived);
    return arrived !== undefined;
  }

  due(limit: number): Promise<Due> {
    const now = Date.now();
    const rows = this.#due.all(now, limit);
    const notifications = rows.flatMap((row) => {
      try {
        return { ...toNotification(row, this.#store), deliverAt: Number(row["deliver_at"]) };
      } catch (error) {
        if (!isOfChange(error)) throw error;
        return []; // it is kept aside when it is released
      }
    });
    return Promise.resolve({ now, notifications, names: new Set(rows.map(nameOf)) });
  }

  async release(limit: number, only?: ReadonlySet<string>): Promise<Released> {
    const now = Date.now();
    const first = this.#first.get()?.["first"] ?? null;
    if (first === null || Number(first) > now) {
      return { now, delivered: [], expired: 0, refused: [], isMore: false }; // most calls find nothing due, and write nothing
    }
    const { count, expired, refused, arrived } = await this.#store.commit(() =>
      this.#takeOut(now, limit, only)
    );
    for (const each of arrived) this.#arrivals.fanOut(each);
    return {
      now,
      delivered: arrived.map(({ dueAt }) => dueAt),
      expired,
      refused,
      isMore: count === limit,
    };
  }

  /** Moves what is due into its inboxes, and keeps aside what an inbox does not take. Runs in a commit. */
  #takeOut(now: number, limit: number, only: ReadonlySet<string> | undefined): TakenOut {
    const rows = this.#due.all(now, limit);
    const taken: TakenOut = { count: rows.length, expired: 0, refused: [], arrived: [] };
    for (const row of rows.filter((row) => only?.has(nameOf(row)) ?? true)) {
      try {
        const arrived = this.#store.alone(() => this.#takeOutOne(row, now));
        if (arrived === undefined) taken.expired++;
        else taken.arrived.push({ ...arrived, dueAt: Number(row["deliver_at"]) });
      } catch (error) {
        if (!isOfChange(error)) throw error;
        taken.refused.push(this.#refuse(row, reasonOf(error), now));
      }
    }
    return taken;
  }

  /** Keeps a notification aside. Nothing else of it stays: its sender may send it again under the same id. */
  #refuse(row: Row, reason: string, now: number): Refused {
    const [site, user, id] = [String(row["site"]), String(row["user"]), String(row["id"])];
    const { lastInsertRowid } = this.#keepRefused.run(reason, now, site, user, id);
    this.#forgetRefused.run(Number(lastInsertRowid) - MOST_REFUSED);
    this.#takeAway(site, user, id);
    this.#forgetId.run(site, user, id);
    return { site, user, id, reason };
  }

  /** Moves one notification into its inbox; `undefined` where it had expired. */
  #takeOutOne(row: Row, now: number): Arrived | undefined {
    const notification = toNotification(row, this.#store);
    const { site, user, id, expiresAt = Infinity } = notification;
    this.#takeAway(site, user, id);
    return expiresAt <= now ? undefined : this.#arrivals.put(notification);
  }
}

function toNotification(row: Row, store: SqliteStore): Notification {
  const { at, expires_at: expiresAt } = row;
  return {
    site: String(row["site"]),
    user: String(row["user"]),
    id: String(row["id"]),
    room: String(row["room"]),
    ...store.parse(() => decodeContent(String(row["content"]))),
    ...(at === null ? {} : { at: Number(at) }),
    ...(expiresAt === null ? {} : { expiresAt: Number(expiresAt) }),
  };
}

function nameOf({ site, user, id }: Row): string {
  return `${site}\n${user}\n${id}`;
}
