/** How the words of messages come to PostgreSQL as conversations are moved there: in SQLite they can be asked for, and not read. */
import type { Remade } from "../../engines/moving/move.ts";
import { SCHEMA } from "../../engines/database/schema.ts";
import { keptWords } from "./message_rows.ts";

export const REMADE_WORDS: readonly Remade[] = [{
  table: "chat_words",
  from: "SELECT id, conversation, text FROM chat_messages WHERE text IS NOT NULL ORDER BY id",
  statement({ id, conversation, text }) {
    const words = keptWords(Number(conversation), String(text));
    return words === "" ? undefined : {
      sql: `INSERT INTO ${SCHEMA}.chat_words (message, words)
        VALUES ($1, array_to_tsvector(string_to_array($2, ' '))) ON CONFLICT DO NOTHING`,
      values: [String(id), words],
    };
  },
}];
