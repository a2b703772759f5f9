/** The log of receipts in SQLite. A trigger writes it, so that an event is in the commit of the state that it tells of. */
import type { ReceiptBatch, ReceiptEvent, ReceiptLog } from "./store.ts";
import type { Row, Statement } from "../../engines/sqlite/statement.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";

/** The trigger is temporary, so that a server which keeps no log has none on the same file. */
const TRIGGER = `
  CREATE TEMP TRIGGER log_receipts AFTER UPDATE OF delivered_at, read_at ON main.notifications BEGIN
    INSERT INTO receipts (site, user, id, room, state, at)
      SELECT NEW.site, NEW.user, NEW.id, NEW.room, 'delivered', NEW.delivered_at
      WHERE OLD.delivered_at IS NULL AND NEW.delivered_at IS NOT NULL;
    INSERT INTO receipts (site, user, id, room, state, at)
      SELECT NEW.site, NEW.user, NEW.id, NEW.room, 'read', NEW.read_at
      WHERE OLD.read_at IS NULL AND NEW.read_at IS NOT NULL;
  END`;

export class SqliteReceipts implements ReceiptLog {
  readonly #store: SqliteStore;
  readonly #first: Statement;
  readonly #name: Statement;
  readonly #read: Statement;
  readonly #remove: Statement;
  readonly #size: Statement;
  readonly #trim: Statement;

  constructor(store: SqliteStore) {
    this.#store = store;
    store.prepare(TRIGGER).run();
    this.#first = store.prepare("SELECT batch FROM receipts ORDER BY seq LIMIT 1");
    this.#name = store.prepare(
      "UPDATE receipts SET batch = ? WHERE seq IN (SELECT seq FROM receipts ORDER BY seq LIMIT ?)",
    );
    this.#read = store.prepare(
      "SELECT site, user, id, room, state, at FROM receipts WHERE batch = ? ORDER BY seq",
    );
    this.#remove = store.prepare("DELETE FROM receipts WHERE batch = ?");
    // The size is the span of `seq`: only the oldest receipts ever leave, so there is no gap.
    this.#size = store.prepare(
      "SELECT coalesce((SELECT max(seq) FROM receipts) - (SELECT min(seq) FROM receipts) + 1, 0) AS size",
    );
    this.#trim = store.prepare(
      "DELETE FROM receipts WHERE seq <= (SELECT max(seq) FROM receipts) - ?",
    );
  }

  /** The right is always this server's, since a file has one server. */
  hold(): Promise<boolean> {
    return Promise.resolve(true);
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  async batch(limit: number): Promise<ReceiptBatch | undefined> {
    const first = this.#first.get();
    if (first === undefined) return undefined;
    const id = first["batch"] === null ? await this.#newBatch(limit) : String(first["batch"]);
    return { id, events: this.#read.all(id).map(toEvent) };
  }

  remove({ id }: ReceiptBatch): Promise<void> {
    return this.#store.commit(() => void this.#remove.run(id));
  }

  async trim(size: number): Promise<number> {
    if (Number(this.#size.get()?.["size"]) <= size) return 0;
    return await this.#store.commit(() => Number(this.#trim.run(size).changes));
  }

  /** Names a batch and stores the name before the batch is told, so that it is the same one after a crash. */
  async #newBatch(limit: number): Promise<string> {
    const id = crypto.randomUUID();
    await this.#store.commit(() => this.#name.run(id, limit));
    return id;
  }
}

function toEvent(row: Row): ReceiptEvent {
  return {
    site: String(row["site"]),
    user: String(row["user"]),
    id: String(row["id"]),
    room: String(row["room"]),
    state: row["state"] === "read" ? "read" : "delivered",
    at: Number(row["at"]),
  };
}
