/** Keeps in SQLite the events that are told should this server die. */
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { AppEvent } from "./event.ts";
import type { Ending } from "./store.ts";

export class SqliteEndings {
  readonly #store: SqliteStore;
  readonly #insert: Statement;
  readonly #delete: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    this.#insert = store.prepare(
      "INSERT INTO event_endings (key, logs, event) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#delete = store.prepare("DELETE FROM event_endings WHERE key = ?");
  }

  /** Notes an ending, within a commit. */
  add({ key, logs, event }: Ending): void {
    this.#insert.run(key, JSON.stringify(logs), JSON.stringify(event));
  }

  /** Forgets an ending that is told, within a commit. */
  remove(key: string): void {
    this.#delete.run(key);
  }

  /** What the last server left. */
  left(): Ending[] {
    const rows = this.#store.prepare("SELECT key, logs, event FROM event_endings").all();
    return this.#store.parse(() => endingsIn(rows));
  }
}

/** The endings in rows, as of now: users leave a room before it is vacated. */
export function endingsIn(rows: readonly Row[]): Ending[] {
  const at = Date.now();
  const endings = rows.map(({ key, logs, event }): Ending => ({
    key: String(key),
    logs: JSON.parse(String(logs)),
    event: { ...JSON.parse(String(event)), at } as AppEvent,
  }));
  return endings.sort((one, other) => rankOf(one) - rankOf(other));
}

function rankOf({ event: { event } }: Ending): number {
  return ["connection.close", "room.leave", "room.vacated"].indexOf(event);
}
