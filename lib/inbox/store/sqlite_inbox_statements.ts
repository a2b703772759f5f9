/** The SQL of the inbox, prepared once. */
import type { InboxEvent, Taken, WithArchived } from "./store.ts";
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";

/** What a notification is read from. */
export const COLUMNS =
  "id, room, offset, at, content, queued_at, sent_at, delivered_at, read_at, archived_at";
const OF_USER = "FROM notifications WHERE site = ? AND user = ?";
/** What is not sent is not read. This is said so that SQLite takes the index of what is not read. */
const NOT_SENT = "read_at IS NULL AND sent_at IS NULL";
/** What a notification takes beside its content. */
export const EACH_BYTES = 200;
const BYTES = `octet_length(content) + ${EACH_BYTES}`;
/** Whether it has files. What a caller put into `data` may look the same. */
const HAS_FILES = `(instr(content, '"attachments":[') > 0 OR instr(content, '"image":{') > 0)`;
/** The columns that {@linkcode SqliteArrivals.noteDropped} looks at. */
const DROPPED =
  `id, offset, sent_at, read_at, archived_at, ${BYTES} AS bytes, ${HAS_FILES} AS has_files`;
const NOT_EXPIRED = "(expires_at IS NULL OR expires_at > ?)";

export class SqliteInboxStatements {
  readonly insert: Statement;
  readonly takeId: Statement;
  readonly isTaken: Statement;
  readonly forgetIds: Statement;
  readonly isScheduled: Statement;
  readonly makeInbox: Statement;
  readonly touch: Statement;
  readonly nextOffset: Statement;
  readonly position: Statement;
  readonly noteDropped: Statement;
  readonly noteDeleted: Statement;
  readonly queued: Statement;
  readonly queuedIds: Statement;
  readonly since: Statement;
  readonly unreadSince: Statement;
  readonly list: Statement;
  /** As `list`, but of each group the newest alone. */
  readonly folded: Statement;
  readonly ofGroup: Statement;
  readonly countGroup: Statement;
  readonly idsOfGroup: Statement;
  readonly get: Statement;
  readonly getUnexpired: Statement;
  readonly owner: Statement;
  readonly unread: Statement;
  /** After each of the next four, what is gone has to be noted in the inbox. */
  readonly removeExpired: Statement;
  readonly removeOld: Statement;
  readonly removeOldestDone: Statement;
  readonly removeOldest: Statement;
  readonly inboxesAfter: Statement;
  readonly removeInbox: Statement;
  /** One statement for each state, which sets the times of the states before it, too. */
  readonly mark: Readonly<Record<Taken, Statement>>;
  /** One statement for each event; its first value is a time. That of `delete` answers the `bytes` of what it deleted. */
  readonly change: Readonly<Record<InboxEvent, Statement>>;
  readonly idsUpTo: Statement;
  readonly unreadUpTo: Statement;

  constructor(store: SqliteStore) {
    const sql = (text: string) => store.prepare(text);
    this.insert = sql(
      `INSERT INTO notifications
         (site, user, id, room, at, content, offset, queued_at, expires_at, group_name)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.takeId = sql(
      "INSERT INTO callers_ids (site, user, id, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.isTaken = sql("SELECT 1 FROM callers_ids WHERE site = ? AND user = ? AND id = ?");
    this.forgetIds = sql(
      `DELETE FROM callers_ids WHERE (site, user, id) IN (
         SELECT site, user, id FROM callers_ids WHERE at < ? LIMIT ?
       )`,
    );
    // The table gives each inbox an epoch of its own, so that a position in one is none in another.
    this.makeInbox = sql(
      "INSERT INTO inboxes (site, user, touched_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.touch = sql("UPDATE inboxes SET touched_at = ? WHERE site = ? AND user = ?");
    this.isScheduled = sql("SELECT 1 FROM scheduled WHERE site = ? AND user = ? AND id = ?");
    this.nextOffset = sql(
      `INSERT INTO inboxes (site, user, offset, size, bytes, touched_at)
       VALUES (?, ?, 1, 1, octet_length(?) + ${EACH_BYTES}, ?)
       ON CONFLICT DO UPDATE SET offset = offset + 1, size = size + 1,
         bytes = bytes + excluded.bytes, touched_at = excluded.touched_at
       RETURNING offset, epoch, size, bytes`,
    );
    this.position = sql(
      `SELECT offset, epoch, past, dropped, size, touched_at FROM inboxes
       WHERE site = ? AND user = ?`,
    );
    this.noteDropped = sql(
      `UPDATE inboxes SET dropped = max(dropped, ?), size = size - ?, bytes = bytes - ?
       WHERE site = ? AND user = ?`,
    );
    this.noteDeleted = sql(
      "UPDATE inboxes SET size = size - ?, bytes = bytes - ? WHERE site = ? AND user = ?",
    );
    const queued = `${OF_USER} AND room = ? AND offset > ? AND ${NOT_SENT} AND ${NOT_EXPIRED}`;
    this.queued = sql(`SELECT ${COLUMNS} ${queued} ORDER BY offset LIMIT ?`);
    this.queuedIds = sql(`SELECT id ${queued} ORDER BY offset`);
    this.since = sql(
      `SELECT ${COLUMNS} ${OF_USER} AND offset > ? AND ${NOT_EXPIRED} ORDER BY offset LIMIT ?`,
    );
    this.unreadSince = sql(
      `SELECT ${COLUMNS} ${OF_USER} AND offset > ? AND read_at IS NULL AND archived_at IS NULL
       AND ${NOT_EXPIRED} ORDER BY offset LIMIT ?`,
    );
    this.list = sql(
      `SELECT ${COLUMNS} ${OF_USER} AND offset < ? AND ${
        placeOf("archived_at")
      } & ? AND ${NOT_EXPIRED}
       ORDER BY offset DESC LIMIT ?`,
    );
    this.folded = sql(
      `SELECT ${COLUMNS} FROM notifications AS one
       WHERE site = ?1 AND user = ?2 AND offset < ?3 AND ${placeOf("archived_at")} & ?4
         AND (expires_at IS NULL OR expires_at > ?5)
         AND (group_name IS NULL OR NOT EXISTS (
           SELECT 1 FROM notifications AS newer
           WHERE newer.site = ?1 AND newer.user = ?2 AND newer.group_name = one.group_name
             AND newer.offset > one.offset AND ${placeOf("newer.archived_at")} & ?4
             AND (newer.expires_at IS NULL OR newer.expires_at > ?5)
         ))
       ORDER BY offset DESC LIMIT ?6`,
    );
    this.ofGroup = sql(
      `SELECT ${COLUMNS} ${OF_USER} AND group_name = ? AND offset < ?
         AND ${placeOf("archived_at")} & ? AND ${NOT_EXPIRED} ORDER BY offset DESC LIMIT ?`,
    );
    this.countGroup = sql(
      `SELECT count(*) AS count, sum(read_at IS NULL AND archived_at IS NULL) AS unread ${OF_USER}
         AND group_name = ? AND ${placeOf("archived_at")} & ? AND ${NOT_EXPIRED}`,
    );
    this.idsOfGroup = sql(`SELECT id ${OF_USER} AND group_name = ? ORDER BY offset`);
    this.get = sql(`SELECT ${COLUMNS} ${OF_USER} AND id = ?`);
    this.getUnexpired = sql(`SELECT ${COLUMNS} ${OF_USER} AND id = ? AND ${NOT_EXPIRED}`);
    this.owner = sql(
      `SELECT user FROM notifications WHERE site = ?1 AND id = ?2
       UNION ALL SELECT user FROM scheduled WHERE site = ?1 AND id = ?2`,
    );
    this.unread = sql(
      `SELECT count(*) AS count ${OF_USER} AND read_at IS NULL AND archived_at IS NULL AND ${NOT_EXPIRED}`,
    );
    this.removeExpired = sql(
      `DELETE FROM notifications WHERE seq IN (
         SELECT seq FROM notifications WHERE expires_at <= ? LIMIT ?
       ) RETURNING site, user, ${BYTES} AS bytes`,
    );
    // The index is named, since SQLite would take the one that has users in order, and read all there is.
    this.removeOld = sql(
      `DELETE FROM notifications WHERE seq IN (
         SELECT seq FROM notifications INDEXED BY notifications_by_age WHERE queued_at < ? LIMIT ?
       ) RETURNING site, user, ${DROPPED}`,
    );
    this.removeOldestDone = sql(
      removeFirst("AND (read_at IS NOT NULL OR archived_at IS NOT NULL)"),
    );
    this.removeOldest = sql(removeFirst(""));
    this.inboxesAfter = sql(
      `SELECT site, user, offset, size, touched_at FROM inboxes WHERE (site, user) > (?, ?)
       ORDER BY site, user LIMIT ?`,
    );
    this.removeInbox = sql("DELETE FROM inboxes WHERE site = ? AND user = ?");
    this.mark = {
      sent: sql(update("sent_at = ?1", "sent_at")),
      delivered: sql(update("delivered_at = ?1, sent_at = coalesce(sent_at, ?1)", "delivered_at")),
    };
    this.change = {
      read: sql(update(
        "read_at = ?1, delivered_at = coalesce(delivered_at, ?1), sent_at = coalesce(sent_at, ?1)",
        "read_at",
      )),
      archive: sql(update("archived_at = ?1", "archived_at")),
      unarchive: sql(
        `UPDATE notifications SET archived_at = NULL
         WHERE ?1 = ?1 AND site = ?2 AND user = ?3 AND id = ?4 AND archived_at IS NOT NULL`,
      ),
      delete: sql(
        `DELETE FROM notifications WHERE ?1 = ?1 AND site = ?2 AND user = ?3 AND id = ?4
         RETURNING ${BYTES} AS bytes`,
      ),
    };
    this.idsUpTo = sql(`SELECT id ${OF_USER} AND offset <= ? ORDER BY offset`);
    this.unreadUpTo = sql(
      `SELECT id ${OF_USER} AND offset <= ? AND read_at IS NULL ORDER BY offset`,
    );
  }
}

/** Which of the bits of {@linkcode placesOf} is that of a notification. @param archivedAt the column */
function placeOf(archivedAt: string): string {
  return `(1 + (${archivedAt} IS NOT NULL))`;
}

/** What is listed, as bits: 1 for what is in the inbox, 2 for what is archived. */
export function placesOf(archived: WithArchived = false): number {
  return archived === "only" ? 2 : archived ? 3 : 1;
}

function update(set: string, unless: string): string {
  return `UPDATE notifications SET ${set} WHERE site = ?2 AND user = ?3 AND id = ?4 AND ${unless} IS NULL`;
}

function removeFirst(condition: string): string {
  return `DELETE FROM notifications
    WHERE seq = (SELECT seq ${OF_USER} ${condition} ORDER BY offset LIMIT 1) RETURNING ${DROPPED}`;
}
