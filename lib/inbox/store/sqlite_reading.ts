/** Reads parts of inboxes in SQLite: a few rows at a time, until there is as much as was asked for. */
import { inSeconds, storedTime } from "../../base/times.ts";
import { decodeContent } from "../../core/publication.ts";
import type { Row } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { InboxPage, ReadOptions, StoredNotification } from "./store.ts";

/** How many rows are read at once: so few that reading one too many of the longest costs little. */
const CHUNK = 25;

/** The limit of a read that has none. */
export const ALL = Number.MAX_SAFE_INTEGER - 1;

/** Reads up to `count` rows behind an offset. */
export type ReadBehind = (offset: number, count: number) => Row[];

export class SqliteReading {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  /** Reads the rows behind an offset, in the order in which `readBehind` gives them, as they are needed. */
  on(readBehind: ReadBehind, start: number, reading: ReadOptions = {}): InboxPage {
    return this.page(rowsBehind(readBehind, start, reading.limit), reading);
  }

  /** As many of the rows as were asked for; the next one is read to see whether there are more. */
  page(
    rows: Iterable<Row>,
    { limit = ALL, characters = Infinity }: ReadOptions = {},
  ): InboxPage {
    const notifications: StoredNotification[] = [];
    let length = 0;
    for (const row of rows) {
      length += String(row["content"]).length;
      const isOver = notifications.length > 0 && length > characters;
      if (isOver || notifications.length === limit) return { notifications, more: true };
      notifications.push(this.notification(row));
    }
    return { notifications };
  }

  notification(row: Row): StoredNotification {
    return {
      id: String(row["id"]),
      room: String(row["room"]),
      offset: Number(row["offset"]),
      publication: {
        kind: "notification",
        id: String(row["id"]),
        room: String(row["room"]),
        at: storedTime(Number(row["at"]), inSeconds(Number(row["queued_at"]))),
        ...this.#store.parse(() => decodeContent(String(row["content"]))),
      },
      queuedAt: Number(row["queued_at"]),
      ...time("sentAt", row["sent_at"]),
      ...time("deliveredAt", row["delivered_at"]),
      ...time("readAt", row["read_at"]),
      ...time("archivedAt", row["archived_at"]),
    };
  }
}

function* rowsBehind(readBehind: ReadBehind, start: number, limit = ALL): Generator<Row> {
  const count = Math.min(CHUNK, limit + 1);
  for (let at = start;;) {
    const rows = readBehind(at, count);
    yield* rows;
    if (rows.length < count) return;
    at = Number(rows.at(-1)?.["offset"]);
  }
}

function time(name: string, value: unknown): Record<string, number> {
  return value === null ? {} : { [name]: Number(value) };
}
