/** Keeps events in SQLite. What happens in one turn of the event loop is one row of each log. */
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { Statement } from "../../engines/database/database.ts";
import type { Statement as Prepared } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { SqliteStorage } from "../../engines/storage.ts";
import EVENTS from "./1_events.sql" with { type: "text" };
import ENDINGS from "./3_endings.sql" with { type: "text" };
import ONLINE from "./2_online.sql" with { type: "text" };
import type { Note } from "../../presence/online_store.ts";
import type { AppEvent } from "./event.ts";
import { Outbox } from "./outbox.ts";
import { SqliteEventLog } from "./sqlite_log.ts";
import { SqliteEndings } from "./sqlite_endings.ts";
import {
  type Ending,
  type EventLog,
  type EventStore,
  MAX_BATCH_BYTES,
  MOST_UNWRITTEN,
} from "./store.ts";

export const EVENTS_SQL: readonly Migration[] = [
  { name: "events", sql: EVENTS },
  { name: "online", sql: ONLINE },
  { name: "endings", sql: ENDINGS },
];

const INSERT = "INSERT INTO events (log, count, events) VALUES";

/** Most events of one row. */
const ROW_EVENTS = 100;

interface Unwritten {
  readonly logs: readonly string[];
  readonly json: string;
  /** What begins with the event. */
  readonly ending?: Ending;
  /** The key of what ends with it. */
  readonly ends?: string;
}

export class SqliteEvents implements EventStore {
  readonly #store: SqliteStore;
  readonly #insert: Prepared;
  readonly #endings: SqliteEndings;
  readonly #outbox: Outbox<Unwritten>;

  /** @param onLost is told how many events were lost that the file did not take */
  constructor({ store }: SqliteStorage, onLost: (count: number) => void) {
    this.#store = store;
    this.#insert = store.prepare(`${INSERT} (?, ?, ?)`);
    this.#endings = new SqliteEndings(store);
    this.#outbox = new Outbox<Unwritten>({
      write: (items) => this.#write(items),
      most: MOST_UNWRITTEN,
      onLost: ({ length }) => onLost(length),
    });
    // The last server was killed, or the machine: all that was begun there has ended.
    for (const { key, logs, event } of this.#endings.left()) void this.end(logs, event, key);
  }

  append(logs: readonly string[], event: AppEvent): Promise<void> {
    return this.#outbox.push({ logs, json: JSON.stringify(event) });
  }

  async appendNow(logs: readonly string[], event: AppEvent): Promise<boolean> {
    try {
      return await this.#write([{ logs, json: JSON.stringify(event) }]) > 0;
    } catch {
      return false; // the store has logged by itself that it takes nothing
    }
  }

  begin(logs: readonly string[], event: AppEvent, ending: Ending): Promise<void> {
    return this.#outbox.push({ logs, json: JSON.stringify(event), ending });
  }

  end(logs: readonly string[], event: AppEvent, key: string): Promise<void> {
    return this.#outbox.push({ logs, json: JSON.stringify(event), ends: key });
  }

  async retain(names: readonly string[]): Promise<void> {
    const known = JSON.stringify(names);
    const others = (column: string) => `${column} NOT IN (SELECT value FROM json_each(?))`;
    const events = this.#store.prepare(`DELETE FROM events WHERE ${others("log")}`);
    const logs = this.#store.prepare(`DELETE FROM event_logs WHERE ${others("name")}`);
    await this.#store.commit(() => {
      events.run(known);
      logs.run(known);
    });
  }

  /** A file loses nothing while its server lives. */
  restore(): Promise<void> {
    return Promise.resolve();
  }

  noteOf(logs: readonly string[], event: AppEvent): Note {
    const json = JSON.stringify(event);
    return {
      write: () => {
        for (const log of logs) this.#insert.run(log, 1, json);
      },
    };
  }

  entryOf(): undefined {
    return undefined;
  }

  statementsOf(logs: readonly string[], event: AppEvent): Statement[] {
    const json = JSON.stringify(event);
    return logs.map((log) => ({ sql: `${INSERT} ($1, $2, $3)`, values: [log, 1, json] }));
  }

  log(name: string): EventLog {
    return new SqliteEventLog(name, this.#store);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#outbox[Symbol.asyncDispose]();
  }

  async #write(items: readonly Unwritten[]): Promise<number> {
    const rows = rowsOf(items);
    await this.#store.commit(() => {
      for (const { log, lines } of rows) this.#insert.run(log, lines.length, lines.join("\n"));
      for (const { ending, ends } of items) {
        if (ending !== undefined) this.#endings.add(ending);
        if (ends !== undefined) this.#endings.remove(ends);
      }
    });
    return items.length;
  }
}

interface EventRow {
  readonly log: string;
  readonly lines: string[];
  length: number;
}

/** The rows of several logs, those of each in order. */
function rowsOf(items: readonly Unwritten[]): EventRow[] {
  const rows: EventRow[] = [];
  const open = new Map<string, EventRow>();
  for (const { logs, json } of items) {
    for (const log of logs) {
      let row = open.get(log);
      if (row === undefined || isFull(row, json)) {
        row = { log, lines: [], length: 0 };
        open.set(log, row);
        rows.push(row);
      }
      row.lines.push(json);
      row.length += json.length;
    }
  }
  return rows;
}

function isFull({ lines, length }: EventRow, json: string): boolean {
  return lines.length >= ROW_EVENTS || length + json.length > MAX_BATCH_BYTES;
}
