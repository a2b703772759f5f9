/** Writes single events into the table of events, within a commit that does more. */
import type { Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { UserEvent } from "./online_store.ts";

export class EventRows {
  readonly #insert: Statement;

  constructor(store: SqliteStore) {
    this.#insert = store.prepare("INSERT INTO events (log, count, events) VALUES (?, ?, ?)");
  }

  insert({ logs, event }: UserEvent): void {
    for (const log of logs) this.#insert.run(log, 1, JSON.stringify(event));
  }
}
