/** Puts notifications into inboxes in SQLite, at once or from the schedule. */
import type { FanOut } from "../../core/broker.ts";
import type { InboxChange, InboxEvent, Notification } from "./store.ts";
import { inSeconds, unixSeconds } from "../../base/times.ts";
import { type Channel, userChannel } from "../../core/channel.ts";
import { encodeContent, type Position, type Publication } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import type { Dropped, Retention } from "../retention.ts";
import { groupOf } from "./kept.ts";
import type { SqliteInboxStatements } from "./sqlite_inbox_statements.ts";
import type { Row } from "../../engines/sqlite/statement.ts";

/** Most ids in one frame that tells what a user did, the same as `inbox.lua` has. */
const TOLD_AT_ONCE = 1000;

/** A notification that has come into its inbox. */
export interface Arrived extends Notification, Position {
  readonly at: number;
  /** What left the inbox to make room for the notification. */
  readonly dropped: Dropped | undefined;
}

export class SqliteArrivals {
  readonly sql: SqliteInboxStatements;
  readonly #retention: Retention;
  readonly #fanOut: FanOut;

  constructor(
    sql: SqliteInboxStatements,
    retention: Retention,
    fanOut: FanOut,
  ) {
    this.sql = sql;
    this.#retention = retention;
    this.#fanOut = fanOut;
  }

  /** Says whether an id that a caller made is new. The id is known until a day after `from`. Runs in a commit. */
  takeId({ site, user, id }: Notification, from = Date.now()): boolean {
    return this.sql.get.get(site, user, id) === undefined &&
      this.sql.isScheduled.get(site, user, id) === undefined &&
      this.sql.takeId.run(site, user, id, from).changes > 0;
  }

  /** Whether a caller's id is known already. */
  knowsId(site: string, user: UserId, id: string): boolean {
    return this.sql.get.get(site, user, id) !== undefined ||
      this.sql.isTaken.get(site, user, id) !== undefined;
  }

  unread(site: string, user: UserId): number {
    return Number(this.sql.unread.get(site, user, Date.now())?.["count"]);
  }

  /** Puts a notification into its inbox. Runs in a commit; {@linkcode SqliteArrivals.fanOut} comes after it. */
  put(notification: Notification): Arrived {
    const now = Date.now();
    const { site, user, id, room, expiresAt = null, at = inSeconds(now) } = notification;
    const content = encodeContent(notification);
    const place = this.sql.nextOffset.get(site, user, content, now);
    const [offset, epoch] = [Number(place?.["offset"]), String(place?.["epoch"])];
    const group = groupOf(notification) ?? null;
    this.sql.insert.run(site, user, id, room, at, content, offset, now, expiresAt, group);
    const held = { size: Number(place?.["size"]), bytes: Number(place?.["bytes"]) };
    const dropped = this.trim(site, user, held);
    return { ...notification, at, offset, epoch, dropped };
  }

  fanOut({ dropped, ...arrived }: Arrived): void {
    if (dropped !== undefined) this.#retention.onDropped(dropped);
    const { site, user, id, room, at, offset, epoch, expiresAt = Infinity } = arrived;
    if (expiresAt <= Date.now()) return; // the notification expired on its way here
    const { from, message, event, data, tags, attachments, image, details } = arrived;
    this.#fanOut(
      userChannel(site, user),
      {
        ...{ kind: "notification", id, at, room, from, message, event, data, tags },
        ...{ attachments, image, details },
      },
      { offset, epoch },
    );
  }

  /** Fans out a notification that was changed, once that is committed. */
  fanOutChanged(
    channel: Channel,
    publication: Publication,
    { dropped, ...position }: Position & Pick<Arrived, "dropped">,
  ): void {
    if (dropped !== undefined) this.#retention.onDropped(dropped);
    this.#fanOut(channel, publication, position);
  }

  /** Tells all of a user's clients what the user did: of many notifications, in several frames. */
  tell(
    site: string,
    user: UserId,
    event: InboxEvent | "snooze",
    { ids, unread }: InboxChange,
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    for (let at = 0; at < ids.length; at += TOLD_AT_ONCE) {
      const data = { ids: ids.slice(at, at + TOLD_AT_ONCE), unread, ...more };
      this.#fanOut(userChannel(site, user), {
        ...{ kind: "inbox", id: "-", at: unixSeconds() },
        ...{ event, data },
      });
    }
  }

  /** Notes in the inbox what retention took out of it. Runs in a commit. */
  noteDropped(
    site: string,
    user: UserId,
    rows: readonly Row[],
  ): Dropped {
    const unread = rows.filter((row) => row["read_at"] === null && row["archived_at"] === null);
    const last = Math.max(0, ...unread.map((row) => Number(row["offset"])));
    this.sql.noteDropped.run(last, rows.length, bytesOf(rows), site, user);
    const queued = rows.filter((row) => row["sent_at"] === null).length;
    const withFiles = rows.filter((row) => row["has_files"]).map((row) => String(row["id"]));
    return { site, user, taken: rows.length - queued, queued, withFiles };
  }

  /** Drops what is over the inbox's limits: first what was read or archived, then the oldest. The last one stays. */
  trim(
    site: string,
    user: UserId,
    held: Pick<Retention, "size" | "bytes">,
  ): Dropped | undefined {
    let { size, bytes } = held;
    const rows: Row[] = [];
    while (size > 1 && (size > this.#retention.size || bytes > this.#retention.bytes)) {
      const row = this.sql.removeOldestDone.get(site, user) ??
        this.sql.removeOldest.get(site, user);
      if (row === undefined) break;
      rows.push(row);
      size--;
      bytes -= bytesOf([row]);
    }
    return rows.length > 0 ? this.noteDropped(site, user, rows) : undefined;
  }
}

/** What notifications took that were removed. */
export function bytesOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + Number(row["bytes"]), 0);
}
