/** The tables of conversations, and the few statements by which the dialects differ. */
import { CLOCKS } from "../../engines/database/clock.ts";
import type { TableMigration } from "../../engines/database/tables.ts";
import { addInSteps, type AddMessage } from "./adding.ts";
import { addAtOnce, sayAtOnce } from "./adding_at_once.ts";
import common from "./1_conversations.sql" with { type: "text" };
import postgres from "./1_conversations.postgres.sql" with { type: "text" };
import sqlite from "./1_conversations.sqlite.sql" with { type: "text" };
import FILES from "./2_files.sql" with { type: "text" };

export const CHAT_TABLES: readonly TableMigration[] = [
  { name: "conversations", sql: common, sqlite, postgres },
  { name: "files", sql: FILES },
];

/** What each dialect says in its own way. */
export interface Dialect {
  /** The database's clock, in Unix milliseconds. */
  readonly now: string;
  /**
   * Gives an event of the conversation `$1` its offset, where it has not ended: `$2` whether it is counted, `$3` whether it is a
   * message, `$4` how many members come or go, `$5` whether the members are others.
   */
  readonly advance: string;
  /**
   * Holds the conversation `$1`, if it is a private one or `$2` is 0, so that no other work changes it before this one is done;
   * absent where works never run beside each other.
   */
  readonly hold?: string;
  /** Stores a message at the next offset of its conversation; the row has its `id`, its place, and whom it has `moved`. */
  readonly addMessage: AddMessage;
  /** A statement that enters a conversation by a question, and adds a message there, where one statement costs less than two. */
  sayAtOnce?(entry: string): string;
  /** Stands behind the table of messages where those with a file are looked for: SQLite would take another index. */
  readonly byFiles: string;
  /** Keeps the words of a message: `$1` its id, `$2` the words with blanks between. */
  readonly keepWords: string;
  /** Forgets the words of the message `$1`. */
  readonly forgetWords: string;
  /** The ids of messages below `$2` that have the words of the query `$1`, the highest first, `$3` at the most. */
  readonly findWords: string;
  /** A query for messages of one of the conversations that have words with all of these beginnings. */
  wanted(conversations: readonly number[], words: readonly string[]): string;
}

function advanceSql(now: string): string {
  return `UPDATE conversations SET "offset" = "offset" + 1, tally = tally + $2,
      messages = messages + $3,
      last_offset = CASE WHEN $3 = 1 THEN "offset" + 1 ELSE last_offset END,
      active_at = CASE WHEN $3 = 1 THEN ${now} ELSE active_at END,
      members_count = members_count + $4, members_version = members_version + $5,
      changed_at = ${now}
    WHERE id = $1 AND ended_at IS NULL
    RETURNING "offset", tally, changed_at, members_version, members_count`;
}

const SQLITE: Dialect = {
  now: CLOCKS.sqlite,
  advance: advanceSql(CLOCKS.sqlite),
  addMessage: addInSteps,
  byFiles: "INDEXED BY chat_messages_files",
  keepWords: "INSERT INTO chat_words (rowid, words) VALUES ($1, $2)",
  forgetWords: "DELETE FROM chat_words WHERE rowid = $1",
  findWords: `SELECT rowid AS id FROM chat_words WHERE chat_words MATCH $1 AND rowid < $2
    ORDER BY rowid DESC LIMIT $3`,
  wanted: (conversations, words) =>
    conversations.map((id) => `(${words.map((word) => `"${id}:${word}"*`).join(" AND ")})`)
      .join(" OR "),
};

const POSTGRES: Dialect = {
  now: CLOCKS.postgres,
  advance: advanceSql(CLOCKS.postgres),
  hold: `SELECT id FROM conversations WHERE id = $1 AND ($2 = 0 OR pair IS NOT NULL)
    FOR NO KEY UPDATE`,
  addMessage: addAtOnce(advanceSql(CLOCKS.postgres)),
  byFiles: "",
  sayAtOnce: (entry) => sayAtOnce(advanceSql(CLOCKS.postgres), entry),
  keepWords: `INSERT INTO chat_words (message, words)
    VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))`,
  forgetWords: "DELETE FROM chat_words WHERE message = $1",
  findWords: `SELECT message AS id FROM chat_words
    WHERE words @@ CAST($1 AS tsquery) AND message < $2 ORDER BY message DESC LIMIT $3`,
  wanted: (conversations, words) =>
    conversations.map((id) => `(${words.map((word) => `'${id}:${word}':*`).join(" & ")})`)
      .join(" | "),
};

export function dialectOf(name: "sqlite" | "postgres"): Dialect {
  return name === "sqlite" ? SQLITE : POSTGRES;
}
