/** Removes from the file what counts no more of histories and channels, a little at a time. */
import { STEADY_CLOCK } from "../../base/steady_clock.ts";
import { CLIENTS_ID_SECONDS } from "../../core/publication.ts";
import type { SqliteHistoryStatements } from "./history_statements.ts";
import { inSlices, STEP_ROWS } from "./slices.ts";
import type { StoreClock } from "./store_clock.ts";
import type { SqliteStore } from "./store.ts";

/** How many channels a step looks at. */
const STEP_CHANNELS = 200;

/** Stands for all publications of a channel. */
const ALL = Number.MAX_SAFE_INTEGER;

export interface HistorySweepParts {
  readonly store: SqliteStore;
  readonly sql: SqliteHistoryStatements;
  readonly clock: StoreClock;
  /** Is told which channels are in the file no more. */
  readonly onRemoved: (name: string) => void;
}

export class HistorySweep {
  readonly #parts: HistorySweepParts;

  constructor(parts: HistorySweepParts) {
    this.#parts = parts;
  }

  /** Removes what is too old. A task of the engine calls this every minute. */
  async sweep(signal?: AbortSignal): Promise<void> {
    const now = this.#parts.clock.now();
    await this.#forgetIds(now, signal);
    await this.#endChannels(now, signal);
    await this.#removeLeftovers(signal);
  }

  async #forgetIds(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, sql } = this.#parts;
    const oldest = now - CLIENTS_ID_SECONDS * 1000;
    await inSlices(store, {
      signal,
      step: () => Number(sql.forgetIds.run(oldest, STEP_ROWS).changes) === STEP_ROWS,
    });
  }

  /** Looks at all channels: an index by their ends would be written anew by every publication. */
  async #endChannels(now: number, signal: AbortSignal | undefined): Promise<void> {
    const { store, sql, onRemoved } = this.#parts;
    let last = 0;
    await inSlices<{ last: number; removed: readonly string[] }>(store, {
      signal,
      step: (found) => {
        const after = found.at(-1)?.last ?? last;
        const rows = sql.channelsAfter.all(after, STEP_CHANNELS);
        const expired = rows.filter((row) => Number(row["expires_at"]) <= now);
        const ended = rows.filter((row) =>
          row["ends_at"] !== null && Number(row["ends_at"]) <= now && !expired.includes(row)
        );
        for (const row of expired) remove(sql, Number(row["seq"]));
        for (const { seq, offset } of ended) {
          sql.leave.run(Number(seq), Number(offset));
          sql.noteEnded.run(Number(seq));
        }
        const removed = expired.map((row) => String(row["name"]));
        found.push({ last: Number(rows.at(-1)?.["seq"] ?? after), removed });
        return rows.length === STEP_CHANNELS;
      },
      committed(found) {
        last = found.at(-1)?.last ?? last;
        for (const { removed } of found) removed.forEach(onRemoved);
      },
    });
  }

  async #removeLeftovers(signal: AbortSignal | undefined): Promise<void> {
    const { store, sql } = this.#parts;
    await inSlices(store, {
      signal,
      step() {
        const left = sql.firstLeft.get();
        if (left === undefined) return false;
        const channel = Number(left["channel"]);
        if (removeOldest(sql, channel, Number(left["up_to"])) < STEP_ROWS) {
          sql.leaveNothing.run(channel);
        }
        return true;
      },
    });
  }
}

/** Takes a channel out of the file; the sweep removes its publications. Runs in a commit. */
export function remove(sql: SqliteHistoryStatements, seq: number): void {
  sql.leave.run(seq, ALL);
  sql.removeChannel.run(seq);
}

/** Removes the first publications of a channel up to an offset, and says how many it has removed. Runs in a commit. */
export function removeOldest(
  sql: SqliteHistoryStatements,
  channel: number,
  upTo: number,
  limit = STEP_ROWS,
): number {
  const rows = sql.removeOldest.all(channel, upTo, limit);
  const bytes = rows.reduce((sum, row) => sum + Number(row["bytes"]), 0);
  if (rows.length > 0) sql.noteRemoved.run(bytes, channel);
  return rows.length;
}

/** Unix time in milliseconds, by which histories end: it believes no jump of the system's clock. */
export function historyNow(): number {
  return Math.floor(STEADY_CLOCK.now());
}
