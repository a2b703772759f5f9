/**
 * Carries events from the database, where they are written in one transaction with what they tell of, into the logs. Where a
 * node dies on the way, or the logs take nothing, they are carried later, so an event may come twice, with the same id.
 */
import { row, rows, type Statement, type Work } from "../../engines/database/database.ts";
import type { Database } from "../../engines/database/database.ts";
import type { TableMigration } from "../../engines/database/tables.ts";
import { every, type Task } from "../../core/task.ts";
import OUTBOX from "./1_outbox.sql" with { type: "text" };
import type { AppEvents, Audience } from "./app_events.ts";
import type { AppEvent, EventName } from "./event.ts";

export const OUTBOX_TABLES: readonly TableMigration[] = [{ name: "outbox", sql: OUTBOX }];

/** How an event comes from a transaction into the logs. */
export interface EventWriter {
  /** The statements that belong into the transaction. */
  statements(logs: readonly string[], event: AppEvent): readonly Statement[];
  /** The transaction is on the disk. */
  stored(audience: Audience, event: AppEvent): void;
}

/** After so long an event is taken for left behind. */
const LEFT_AFTER_MS = 10_000;
const LOOK_EVERY_MS = 1000;
/** How soon those that are carried are taken out, many together. */
const REMOVE_AFTER_MS = 100;
/** Most events that are carried or taken out at once. */
const MOST_AT_ONCE = 200;

export class EventCarrier implements EventWriter {
  readonly #database: Database;
  readonly #events: AppEvents;
  /** The ids of events that are in their logs. */
  #carried: string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(database: Database, events: AppEvents) {
    this.#database = database;
    this.#events = events;
  }

  statements(logs: readonly string[], event: AppEvent): readonly Statement[] {
    if (logs.length === 0) return [];
    return [{
      sql: "INSERT INTO event_outbox (id, due_at, event) VALUES ($1, $2, $3)",
      values: [event.id, Date.now() + LEFT_AFTER_MS, JSON.stringify(event)],
    }];
  }

  stored(audience: Audience, event: AppEvent): void {
    if (audience.logs.length > 0) void this.#carry(audience, event);
  }

  get task(): Task {
    return every("events that a node has left behind", LOOK_EVERY_MS, () => this.#carryLeft());
  }

  /** Takes out what is carried. What cannot be taken out is carried again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const carried = this.#carried;
    this.#carried = [];
    for (let from = 0; from < carried.length; from += MOST_AT_ONCE) {
      const ids = carried.slice(from, from + MOST_AT_ONCE);
      await this.#database.transaction(() => remove(ids)).catch(() => {});
    }
  }

  /** Says whether the logs have the event now. What they do not take is carried on when it is due. */
  async #carry(audience: Audience, event: AppEvent): Promise<boolean> {
    const isWritten = await this.#events.writeNow(audience, event);
    if (isWritten) {
      this.#carried.push(event.id);
      this.#timer ??= setTimeout(() => void this.flush(), REMOVE_AFTER_MS);
    }
    return isWritten;
  }

  async #carryLeft(): Promise<void> {
    if (this.#database.whyNotReady() !== undefined) return;
    let isMore = true;
    while (isMore) {
      const left = await this.#database.transaction(takeLeft, "event_outbox");
      isMore = left.length === MOST_AT_ONCE;
      for (const event of left) {
        const audience = this.#events.audienceOf(event.event as EventName, event.site);
        if (audience === undefined) this.#carried.push(event.id); // nobody asks for it any more
        else if (!await this.#carry(audience, event)) isMore = false;
      }
    }
    await this.flush();
  }
}

function* remove(ids: readonly string[]): Work<void> {
  const places = ids.map((_, index) => `$${index + 1}`);
  yield* rows(`DELETE FROM event_outbox WHERE id IN (${places})`, ...ids);
}

/** Takes the oldest of those that are due; no other node takes them for a while. */
function* takeLeft(): Work<AppEvent[]> {
  const now = Date.now();
  const first = yield* row("SELECT 1 AS one FROM event_outbox WHERE due_at <= $1 LIMIT 1", now);
  if (first === undefined) return [];
  const found = yield* rows(
    `UPDATE event_outbox SET due_at = $2 WHERE id IN (
       SELECT id FROM event_outbox WHERE due_at <= $1 ORDER BY due_at LIMIT ${MOST_AT_ONCE}
     ) RETURNING due_at, event`,
    ...[now, now + LEFT_AFTER_MS],
  );
  return found.map(({ event }) => JSON.parse(String(event)));
}
