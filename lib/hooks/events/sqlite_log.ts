/** The log of one endpoint in SQLite. */
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import type { HookBatch } from "../log.ts";
import { droppedEvent } from "./dropped.ts";
import { type AppEvent, DROPPED } from "./event.ts";
import { type EventLog, MAX_BATCH_BYTES } from "./store.ts";

/** Most rows that are dropped in one commit. */
const ROWS_AT_ONCE = 1000;

export class SqliteEventLog implements EventLog {
  readonly #name: string;
  readonly #store: SqliteStore;
  readonly #progress: Statement;
  readonly #oldest: Statement;
  readonly #upTo: Statement;
  readonly #begin: Statement;
  readonly #end: Statement;
  readonly #removeUpTo: Statement;
  readonly #note: Statement;
  readonly #size: Statement;
  /** Whether the log has a row in the table of all logs. */
  #isKnown = false;
  waiting = 0;

  constructor(name: string, store: SqliteStore) {
    this.#name = name;
    this.#store = store;
    this.#progress = store.prepare(
      "SELECT batch, last, told, at, dropped FROM event_logs WHERE name = ?",
    );
    this.#oldest = store.prepare(
      "SELECT seq, count FROM events WHERE log = ? ORDER BY seq LIMIT ?",
    );
    this.#upTo = store.prepare(
      "SELECT seq, count, events FROM events WHERE log = ? AND seq <= ? ORDER BY seq",
    );
    this.#begin = store.prepare(
      "UPDATE event_logs SET batch = ?2, last = ?3, told = dropped, at = ?4, dropped = 0 WHERE name = ?1",
    );
    this.#end = store.prepare("UPDATE event_logs SET batch = NULL, told = 0 WHERE name = ?");
    this.#removeUpTo = store.prepare("DELETE FROM events WHERE log = ? AND seq <= ?");
    this.#note = store.prepare("UPDATE event_logs SET dropped = dropped + ?2 WHERE name = ?1");
    this.#size = store.prepare("SELECT coalesce(sum(count), 0) AS size FROM events WHERE log = ?");
  }

  /** The right is always this server's, since a file has one server. */
  async hold(): Promise<boolean> {
    if (this.#isKnown) return true;
    const insert = this.#store.prepare(
      "INSERT INTO event_logs (name) VALUES (?) ON CONFLICT DO NOTHING",
    );
    await this.#store.commit(() => void insert.run(this.#name));
    return this.#isKnown = true;
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  async batch(limit: number): Promise<HookBatch<AppEvent> | undefined> {
    const { batch, last, told, at } = this.#progress.get(this.#name) ?? {};
    if (typeof batch === "string") {
      const rows = this.#upTo.all(this.#name, Number(last));
      if (rows.length > 0 || Number(told) > 0) {
        return this.#batchOf(batch, rows, Number(told), Number(at));
      }
    }
    return await this.#newBatch(limit);
  }

  async remove({ id }: HookBatch<AppEvent>): Promise<void> {
    await this.#remove(id, false);
  }

  async drop({ id, events }: HookBatch<AppEvent>): Promise<void> {
    await this.#remove(id, true, events.filter(({ event }) => event !== DROPPED).length);
  }

  async trim(size: number): Promise<number> {
    let dropped = 0;
    for (;;) {
      this.waiting = Number(this.#size.get(this.#name)?.["size"]); // some may have been told meanwhile
      if (this.waiting <= size) return dropped;
      dropped += await this.#dropOldest(size);
    }
  }

  /** Drops in one commit what is too much, or as much of it as a commit may have. Says how many events that were. */
  async #dropOldest(size: number): Promise<number> {
    let [dropped, last] = [0, 0];
    for (const { seq, count } of this.#oldest.all(this.#name, ROWS_AT_ONCE)) {
      if (this.waiting - dropped <= size) break;
      dropped += Number(count);
      last = Number(seq);
    }
    await this.#store.commit(() => {
      this.#removeUpTo.run(this.#name, last);
      this.#note.run(this.#name, dropped);
    });
    return dropped;
  }

  /** Names a batch and stores the name before the batch is told, so that it is the same one after a crash. */
  async #newBatch(limit: number): Promise<HookBatch<AppEvent> | undefined> {
    const end = endOf(this.#oldest.all(this.#name, limit), limit);
    const rows = end === undefined ? [] : withinBytes(this.#upTo.all(this.#name, end));
    const dropped = Number(this.#progress.get(this.#name)?.["dropped"] ?? 0);
    if (rows.length === 0 && dropped === 0) return undefined;
    const [id, at] = [crypto.randomUUID(), Date.now()];
    const last = Number(rows.at(-1)?.["seq"] ?? 0);
    await this.#store.commit(() => void this.#begin.run(this.#name, id, last, at));
    return this.#batchOf(id, rows, dropped, at);
  }

  #batchOf(id: string, rows: readonly Row[], dropped: number, at: number): HookBatch<AppEvent> {
    const marker = dropped === 0 ? [] : [droppedEvent(id, dropped, at)];
    return { id, events: [...marker, ...rows.flatMap((row) => this.#eventsIn(row))] };
  }

  #eventsIn({ events }: Row): AppEvent[] {
    const lines = String(events).split("\n");
    return this.#store.parse(() => lines.map((line): AppEvent => JSON.parse(line)));
  }

  /** @param given how many events of the batch the endpoint is not told of */
  async #remove(id: string, isDropped: boolean, given = 0): Promise<void> {
    const { batch, last, told } = this.#progress.get(this.#name) ?? {};
    if (batch !== id) return;
    await this.#store.commit(() => {
      this.#removeUpTo.run(this.#name, Number(last));
      this.#end.run(this.#name);
      if (isDropped) this.#note.run(this.#name, given + Number(told));
    });
  }
}

/** The last of the rows that have no more events than a batch may have: one row at least. */
function endOf(rows: readonly Row[], limit: number): number | undefined {
  let count = 0;
  const over = rows.findIndex((row, index) => {
    count += Number(row["count"]);
    return index > 0 && count > limit;
  });
  const end = rows.at(over < 0 ? -1 : over - 1)?.["seq"];
  return end === undefined ? undefined : Number(end);
}

/** The first rows that are no longer than a batch may be: one at least. */
function withinBytes(rows: readonly Row[]): Row[] {
  let length = 0;
  const over = rows.findIndex((row, index) => {
    length += String(row["events"]).length;
    return index > 0 && length > MAX_BATCH_BYTES;
  });
  return over < 0 ? [...rows] : rows.slice(0, over);
}
