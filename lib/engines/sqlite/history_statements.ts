/** The prepared statements of `history.ts`. */
import type { StatementSync } from "node:sqlite";
import type { SqliteStore } from "./store.ts";

export class SqliteHistoryStatements {
  readonly names: StatementSync;
  readonly find: StatementSync;
  readonly seqOf: StatementSync;
  readonly make: StatementSync;
  readonly advance: StatementSync;
  readonly insert: StatementSync;
  readonly since: StatementSync;
  readonly removeUpTo: StatementSync;
  /** Remove a channel with all its rows; each statement takes the channel's `seq`. */
  readonly removeAll: readonly StatementSync[];
  readonly offsetOf: StatementSync;
  readonly rememberId: StatementSync;
  readonly forgetIds: StatementSync;
  readonly ended: StatementSync;
  readonly noteEnded: StatementSync;
  readonly expired: StatementSync;

  constructor(store: SqliteStore) {
    const sql = (text: string) => store.prepare(text);
    this.names = sql("SELECT name FROM channels");
    this.find = sql(
      "SELECT seq, epoch, offset, ends_at FROM channels WHERE name = ? AND expires_at > ?",
    );
    this.seqOf = sql("SELECT seq FROM channels WHERE name = ?");
    this.make = sql("INSERT INTO channels (name, expires_at) VALUES (?, ?) RETURNING seq, epoch");
    this.advance = sql(
      "UPDATE channels SET offset = offset + 1, ends_at = ?, expires_at = ? WHERE seq = ?",
    );
    this.insert = sql(
      "INSERT INTO publications (channel, offset, kind, id, at, content) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.since = sql(
      `SELECT offset, kind, id, at, content FROM publications WHERE channel = ? AND offset > ?
       ORDER BY offset LIMIT ?`,
    );
    this.removeUpTo = sql("DELETE FROM publications WHERE channel = ? AND offset <= ?");
    this.removeAll = [
      sql("DELETE FROM publications WHERE channel = ?"),
      sql("DELETE FROM publication_ids WHERE channel = ?"),
      sql("DELETE FROM channels WHERE seq = ?"),
    ];
    this.offsetOf = sql(
      "SELECT offset FROM publication_ids WHERE channel = ? AND id = ? AND at > ?",
    );
    this.rememberId = sql(
      `INSERT INTO publication_ids (channel, id, offset, at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, at = excluded.at`,
    );
    this.forgetIds = sql("DELETE FROM publication_ids WHERE at <= ?");
    this.ended = sql("SELECT seq, offset FROM channels WHERE ends_at <= ? LIMIT ?");
    this.noteEnded = sql("UPDATE channels SET ends_at = NULL WHERE seq = ?");
    this.expired = sql("SELECT name FROM channels WHERE expires_at <= ? LIMIT ?");
  }
}
