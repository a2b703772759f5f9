/** The prepared statements of `history.ts` and `history_sweep.ts`. */
import type { Statement } from "./statement.ts";
import type { SqliteStore } from "./store.ts";

/** What a publication takes in the file beside its content. */
export const EACH_BYTES = 100;

const BYTES = `octet_length(content) + ${EACH_BYTES}`;

export class SqliteHistoryStatements {
  readonly names: Statement;
  readonly find: Statement;
  readonly seqOf: Statement;
  readonly make: Statement;
  readonly advance: Statement;
  readonly insert: Statement;
  readonly since: Statement;
  readonly offsetOf: Statement;
  readonly rememberId: Statement;
  readonly forgetIds: Statement;
  readonly removeChannel: Statement;
  /** The publications of a channel up to an offset, oldest first: their offsets and bytes. */
  readonly oldest: Statement;
  /** Removes such publications, a limited number; each answers its `bytes`, which the channel then has less. */
  readonly removeOldest: Statement;
  readonly noteRemoved: Statement;
  readonly setFirst: Statement;
  readonly noteEnded: Statement;
  readonly bytesOf: Statement;
  readonly channelsAfter: Statement;
  readonly sizes: Statement;
  /** What users have said in a part of a channel: the bytes of each, and the last offset. */
  readonly users: Statement;
  readonly leave: Statement;
  readonly firstLeft: Statement;
  readonly leaveNothing: Statement;

  constructor(store: SqliteStore) {
    const sql = (text: string) => store.prepare(text);
    this.names = sql("SELECT name FROM channels");
    this.find = sql(
      "SELECT seq, epoch, past, offset, first, ends_at FROM channels WHERE name = ? AND expires_at > ?",
    );
    this.seqOf = sql("SELECT seq FROM channels WHERE name = ?");
    // A number is not given again while there is anything left of the channel that had it.
    this.make = sql(
      `INSERT INTO channels (seq, name, expires_at) VALUES (1 + max(
         (SELECT coalesce(max(seq), 0) FROM channels),
         (SELECT coalesce(max(channel), 0) FROM publications),
         (SELECT coalesce(max(channel), 0) FROM publication_ids),
         (SELECT coalesce(max(channel), 0) FROM leftovers)
       ), ?, ?) RETURNING seq, epoch`,
    );
    this.advance = sql(
      `UPDATE channels SET offset = offset + 1, bytes = bytes + octet_length(?) + ${EACH_BYTES}, first = ?,
       ends_at = ?, expires_at = ? WHERE seq = ?`,
    );
    this.insert = sql(
      "INSERT INTO publications (channel, offset, kind, id, at, content) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.since = sql(
      `SELECT offset, kind, id, at, content FROM publications WHERE channel = ? AND offset > ?
       ORDER BY offset LIMIT ?`,
    );
    this.offsetOf = sql(
      "SELECT offset FROM publication_ids WHERE channel = ? AND id = ? AND user IN (?, '') AND at > ?",
    );
    this.rememberId = sql(
      `INSERT INTO publication_ids (channel, user, id, offset, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, at = excluded.at`,
    );
    this.forgetIds = sql(
      `DELETE FROM publication_ids WHERE (channel, id, user) IN (
         SELECT channel, id, user FROM publication_ids WHERE at <= ? LIMIT ?
       )`,
    );
    this.removeChannel = sql("DELETE FROM channels WHERE seq = ?");
    this.oldest = sql(
      `SELECT offset, ${BYTES} AS bytes FROM publications WHERE channel = ? AND offset >= ?
       ORDER BY offset LIMIT ?`,
    );
    this.removeOldest = sql(
      `DELETE FROM publications WHERE channel = ?1 AND offset IN (
         SELECT offset FROM publications WHERE channel = ?1 AND offset <= ?2 ORDER BY offset LIMIT ?3
       ) RETURNING ${BYTES} AS bytes`,
    );
    this.noteRemoved = sql("UPDATE channels SET bytes = max(0, bytes - ?) WHERE seq = ?");
    this.setFirst = sql("UPDATE channels SET first = ? WHERE seq = ?");
    this.noteEnded = sql("UPDATE channels SET ends_at = NULL, first = offset + 1 WHERE seq = ?");
    this.bytesOf = sql("SELECT bytes FROM channels WHERE name = ?");
    this.channelsAfter = sql(
      `SELECT seq, name, offset, ends_at, expires_at FROM channels WHERE seq > ? ORDER BY seq LIMIT ?`,
    );
    this.sizes = sql("SELECT seq, name, offset, bytes FROM channels WHERE bytes > 0");
    this.users = sql(
      `WITH part AS (
         SELECT offset, content ->> '$.from.user' AS user, ${BYTES} AS bytes FROM publications
         WHERE channel = ? AND offset > ? AND offset <= ? ORDER BY offset LIMIT ?
       ) SELECT user, sum(bytes) AS bytes, max(offset) AS last FROM part GROUP BY user`,
    );
    this.leave = sql(
      `INSERT INTO leftovers (channel, up_to) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET up_to = max(up_to, excluded.up_to)`,
    );
    this.firstLeft = sql("SELECT channel, up_to FROM leftovers LIMIT 1");
    this.leaveNothing = sql("DELETE FROM leftovers WHERE channel = ?");
  }
}
