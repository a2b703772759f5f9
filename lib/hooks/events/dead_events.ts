/** Keeps the events that were given up for an endpoint, in the database, so that somebody can look at them and send them again. */
import { logFor } from "../../base/log.ts";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { type Database, row, rows, type Work } from "../../engines/database/database.ts";
import type { TableMigration } from "../../engines/database/tables.ts";
import DEAD from "./2_dead.sql" with { type: "text" };
import type { AppEvents } from "./app_events.ts";
import { type AppEvent, DROPPED } from "./event.ts";

const log = logFor("events");

/** The tables stand behind those that were there before. */
export const DEAD_TABLES: readonly TableMigration[] = [{ name: "dead events", sql: DEAD }];

/** Most that are kept; past so many, the oldest go. */
export const MOST_DEAD = 10_000;

export interface DeadEvent {
  /** `endpoint:event`. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly reason: string;
  readonly event: AppEvent;
}

export class DeadEvents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps events; what the database does not take is lost, as all that is given up was before. Never rejects. */
  async keep(endpoint: string, events: readonly AppEvent[], reason: string): Promise<void> {
    const kept = events.filter(({ event }) => event !== DROPPED);
    await this.#database.transaction(() => insert(endpoint, kept, reason), "hook_dead")
      .catch((error) =>
        log.error("events that were given up are not kept: {reason}", { reason: reasonOf(error) })
      );
  }

  /** The last ones, the newest first. @param before where the page before ended */
  async list(limit: number, before?: { at: number; id: string }): Promise<DeadEvent[]> {
    const found = await this.#database.query(
      `SELECT endpoint, id, at, reason, event FROM hook_dead
       WHERE at < $1 OR at = $1 AND id < $2 ORDER BY at DESC, id DESC LIMIT $3`,
      ...[before?.at ?? Number.MAX_SAFE_INTEGER, before?.id.split(":").at(-1) ?? "", limit],
    );
    return found.map(({ endpoint, id, at, reason, event }) => ({
      id: `${endpoint}:${id}`,
      at: Number(at),
      reason: String(reason),
      event: JSON.parse(String(event)),
    }));
  }

  async count(): Promise<Map<string, number>> {
    const found = await this.#database.query(
      "SELECT endpoint, count(*) AS count FROM hook_dead GROUP BY endpoint",
    );
    return new Map(found.map(({ endpoint, count }) => [String(endpoint), Number(count)]));
  }

  /** Has an event told again, behind all that waits. Rejects with `not_found`, or where it cannot be written. */
  async resend(id: string, events: AppEvents, endpoints: readonly string[]): Promise<void> {
    const [endpoint, event] = keyOf(id);
    const found = await this.#database.transaction(() =>
      row("SELECT event FROM hook_dead WHERE endpoint = $1 AND id = $2", endpoint, event)
    );
    if (found === undefined) throw notThere(id);
    if (!endpoints.includes(endpoint)) {
      throw new CodedError(
        "not_found",
        `There is no endpoint ${JSON.stringify(endpoint)} any more`,
      );
    }
    const told = JSON.parse(String(found["event"])) as AppEvent;
    if (!await events.writeNow({ logs: [endpoint], handlers: [] }, told)) {
      throw new CodedError("unavailable", "The event cannot be written right now");
    }
    await this.remove(id);
  }

  async remove(id: string): Promise<void> {
    const [endpoint, event] = keyOf(id);
    await this.#database.transaction(() =>
      rows("DELETE FROM hook_dead WHERE endpoint = $1 AND id = $2", endpoint, event)
    );
  }
}

function* insert(endpoint: string, events: readonly AppEvent[], reason: string): Work<void> {
  const now = Date.now();
  for (const event of events) {
    yield* rows(
      `INSERT INTO hook_dead (endpoint, id, at, reason, event) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (endpoint, id) DO UPDATE SET at = excluded.at, reason = excluded.reason`,
      ...[endpoint, event.id, now, reason, JSON.stringify(event)],
    );
  }
  const last = yield* row(
    "SELECT at FROM hook_dead ORDER BY at DESC, id DESC LIMIT 1 OFFSET $1",
    MOST_DEAD,
  );
  if (last !== undefined) yield* rows("DELETE FROM hook_dead WHERE at <= $1", Number(last["at"]));
}

/** No name of an endpoint has a colon. */
function keyOf(id: string): [endpoint: string, event: string] {
  const at = id.indexOf(":");
  if (at < 0) throw notThere(id);
  return [id.slice(0, at), id.slice(at + 1)];
}

function notThere(id: string): CodedError {
  return new CodedError("not_found", `There is no dead letter ${JSON.stringify(id)}`);
}
