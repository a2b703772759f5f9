/** Drops from the inboxes in SQLite what has expired or is too old, and inboxes that nobody needs: a little at a time. */
import { inSlices, STEP_ROWS } from "../../engines/sqlite/slices.ts";
import type { Row } from "../../engines/sqlite/statement.ts";
import type { StoreClock } from "../../engines/sqlite/store_clock.ts";
import type { SqliteStore } from "../../engines/sqlite/store.ts";
import { type Dropped, type Retention, retentionMs } from "../retention.ts";
import { bytesOf, type SqliteArrivals } from "./sqlite_arrivals.ts";

const DAY_MS = 24 * 3600 * 1000;
const CALLERS_ID_MS = DAY_MS;

/** How often all inboxes are looked at. */
const WALK_EVERY_MS = 3600 * 1000;
/** How many inboxes a step looks at. */
const STEP_INBOXES = 200;

/** How long an inbox stays that nothing ever came into, since its user last came. */
const NEVER_USED_MS = DAY_MS;
/** How long an empty inbox stays at the least. Its user is told of a gap after that, since the next one has another epoch. */
const EMPTY_MS = 30 * DAY_MS;

/** An inbox's place in the order of the table. */
type Place = readonly [site: string, user: string];

export interface SqliteSweepParts {
  readonly store: SqliteStore;
  readonly clock: Pick<StoreClock, "now">;
  readonly arrivals: SqliteArrivals;
  readonly retention: Retention;
}

export class SqliteSweep {
  readonly #parts: SqliteSweepParts;
  /** When all inboxes were last looked at, on `performance.now()`'s clock. */
  #walkedAt = -Infinity;

  constructor(parts: SqliteSweepParts) {
    this.#parts = parts;
  }

  async sweep(signal?: AbortSignal): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#forgetIds(now, signal);
    await this.#removeExpired(now, signal);
    await this.#removeOld(now, signal);
    if (performance.now() - this.#walkedAt < WALK_EVERY_MS) return;
    await this.#removeInboxes(now, signal);
    this.#walkedAt = performance.now();
  }

  async #forgetIds(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, arrivals: { sql } } = this.#parts;
    await inSlices(store, {
      signal,
      step: () => Number(sql.forgetIds.run(now - CALLERS_ID_MS, STEP_ROWS).changes) === STEP_ROWS,
    });
  }

  async #removeExpired(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, arrivals: { sql } } = this.#parts;
    await inSlices(store, {
      signal,
      step() {
        const rows = sql.removeExpired.all(now, STEP_ROWS);
        for (const [site, user, own] of byInbox(rows)) {
          sql.noteDeleted.run(own.length, bytesOf(own), site, user);
        }
        return rows.length === STEP_ROWS;
      },
    });
  }

  async #removeOld(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, arrivals, retention } = this.#parts;
    if (!Number.isFinite(retention.days)) return;
    const oldest = now - retentionMs(retention);
    await inSlices<Dropped>(store, {
      signal,
      step(found) {
        const rows = arrivals.sql.removeOld.all(oldest, STEP_ROWS);
        for (const [site, user, own] of byInbox(rows)) {
          found.push(arrivals.noteDropped(site, user, own));
        }
        return rows.length === STEP_ROWS;
      },
      committed: (found) => found.forEach((each) => retention.onDropped(each)),
    });
  }

  /** Looks at all inboxes for those that are empty, and whose users do not come any more. */
  async #removeInboxes(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, arrivals: { sql } } = this.#parts;
    let last: Place = ["", ""];
    await inSlices<Place>(store, {
      signal,
      step: (found) => {
        const rows = sql.inboxesAfter.all(...found.at(-1) ?? last, STEP_INBOXES);
        for (const row of rows) {
          const place = [String(row["site"]), String(row["user"])] as const;
          if (this.#isUnused(row, now)) sql.removeInbox.run(...place);
          found.push(place);
        }
        return rows.length === STEP_INBOXES;
      },
      committed: (found) => last = found.at(-1) ?? last,
    });
  }

  #isUnused({ offset, size, touched_at: touchedAt }: Row, now: number): boolean {
    const { days } = this.#parts.retention;
    const emptyMs = Math.max(EMPTY_MS, Number.isFinite(days) ? days * DAY_MS : 0);
    return size === 0 && Number(touchedAt) < now - (offset === 0 ? NEVER_USED_MS : emptyMs);
  }
}

function byInbox(rows: readonly Row[]): [site: string, user: string, rows: Row[]][] {
  const groups = Map.groupBy(rows, ({ site, user }) => `${site}\n${user}`);
  return [...groups.values()].map((own) => [
    String(own[0]?.["site"]),
    String(own[0]?.["user"]),
    own,
  ]);
}
