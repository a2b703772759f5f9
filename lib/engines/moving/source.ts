/** The store that is moved: a stopped server's file, which nobody else opens meanwhile. */
import type { Stored } from "../storage.ts";
import { IDENTITY } from "../database/claim.ts";
import { sqliteSchemas, tableSchema } from "../database/tables.ts";
import { HISTORY } from "../sqlite/history.ts";
import type { Row } from "../sqlite/statement.ts";
import { SqliteStore } from "../sqlite/store.ts";
import type { MoveSource } from "./move.ts";
import type { PageSource } from "./to_postgres.ts";

export interface OpenedSource extends MoveSource, PageSource, AsyncDisposable {
  /** A name that no other file has. */
  readonly id: string;
}

/** Opens the file, and brings one of an older version to this one. Throws where a server has it. */
export function openSource(dataDir: string, stored: readonly Stored[]): OpenedSource {
  const schemas = [HISTORY, ...sqliteSchemas(stored), tableSchema(IDENTITY)];
  const store = new SqliteStore(dataDir, { sync: "always", schemas });
  const rows = (sql: string, ...values: (string | number | null)[]): Row[] =>
    store.prepare(sql).all(...values);
  return {
    id: String(rows("SELECT id FROM database_identity")[0]?.["id"]),
    rows,
    *pages(sql, size) {
      for (let offset = 0;; offset += size) {
        const page = rows(`${sql} LIMIT ? OFFSET ?`, size, offset);
        if (page.length > 0) yield page;
        if (page.length < size) return;
      }
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
