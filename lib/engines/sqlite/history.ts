/** Channels whose history outlives restarts: a publication is committed, then fanned out. */
import { Buffer } from "node:buffer";
import type { UserId } from "../../base/fields.ts";
import type { FanOut } from "../../core/broker.ts";
import { type Channel, channelWith, keyOf } from "../../core/channel.ts";
import {
  CLIENTS_ID_SECONDS,
  decodeContent,
  encodeContent,
  type History,
  type HistoryOptions,
  type KeptPublication,
  POSITION_SECONDS,
  positionSeconds,
  type Publication,
  type Published,
} from "../../core/publication.ts";
import type { Task } from "../../core/task.ts";
import type { HistoryBudget, KeptHistories } from "../history_budget.ts";
import { readPast } from "../past.ts";
import { storedTime } from "../../base/times.ts";
import { EACH_BYTES, SqliteHistoryStatements } from "./history_statements.ts";
import { countingUsers } from "./history_users.ts";
import { historyNow, HistorySweep, remove, removeOldest } from "./history_sweep.ts";
import type { Schema } from "./migrations.ts";
import { inSlices, STEP_ROWS } from "./slices.ts";
import type { Row } from "./statement.ts";
import type { StoreClock } from "./store_clock.ts";
import type { SqliteStore } from "./store.ts";
import CHANNELS from "./1_history.sql" with { type: "text" };
import PUBLICATIONS from "./2_publications.sql" with { type: "text" };
import RETENTION from "./3_retention.sql" with { type: "text" };
import IDS_OF_USERS from "./4_ids_of_users.sql" with { type: "text" };
import PAST from "./5_past.sql" with { type: "text" };

/** The tables of channels and their histories. */
export const HISTORY: Schema = {
  name: "history",
  sql: [
    { name: "history", sql: CHANNELS },
    { name: "publications", sql: PUBLICATIONS },
    { name: "retention", sql: RETENTION },
    { name: "ids_of_users", sql: IDS_OF_USERS },
    { name: "past", sql: PAST },
  ],
};

/** Publications that one which comes removes at the most. Where there are more to remove, the sweep does it. */
const REMOVED_AT_ONCE = 4;

/** A channel in the file. */
interface StoredChannel {
  readonly seq: number;
  readonly epoch: string;
  /** Where earlier epochs ended; see `past.ts`. */
  readonly past: string;
  readonly offset: number;
  /** The offset of the first publication that counts. There may be older ones, which are being removed. */
  readonly first: number;
  /** When the publications are dropped, in milliseconds of Unix time; 0 if there are none. */
  readonly endsAt: number;
}

export class SqliteHistory implements KeptHistories {
  readonly #store: SqliteStore;
  readonly #fanOut: FanOut;
  readonly #sql: SqliteHistoryStatements;
  /** The names of all channels in the file. */
  readonly #names: Set<string>;
  /** The last publication of each channel that is not fanned out yet, by the channel's name. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #sweep: HistorySweep;
  #budget: HistoryBudget | undefined;

  constructor(store: SqliteStore, clock: StoreClock, fanOut: FanOut) {
    this.#store = store;
    this.#fanOut = fanOut;
    this.#sql = new SqliteHistoryStatements(store);
    this.#names = new Set(this.#sql.names.all().map((row) => String(row["name"])));
    const onRemoved = (name: string) => {
      if (this.#find(name) === undefined) this.#names.delete(name);
    };
    this.#sweep = new HistorySweep({ store, sql: this.#sql, clock, onRemoved });
  }

  /** Has a budget bound what is in the file, which it is told now. Returns the task that tells it whose that is. */
  keepWithin(budget: HistoryBudget): Task {
    this.#budget = budget;
    for (const { name, bytes } of this.#sql.sizes.all()) {
      budget.found(channelWith(String(name)), Number(bytes));
    }
    return countingUsers(this.#sql, budget);
  }

  /** Whether anything of the channel is in the file. */
  has(channel: Channel): boolean {
    return this.#names.size > 0 && this.#names.has(keyOf(channel));
  }

  /** Settles when every publication to the channel so far is fanned out or refused; `undefined` if all are. */
  underWay(channel: Channel): Promise<unknown> | undefined {
    return this.#underWay.size > 0 ? this.#underWay.get(keyOf(channel)) : undefined;
  }

  /** Commits, then fans out. Rejects if the commit fails. */
  publish(
    channel: Channel,
    publication: Publication,
    options: HistoryOptions,
  ): Promise<Published> {
    const name = keyOf(channel);
    const publishing = this.#append(channel, publication, options).finally(() => {
      if (this.#underWay.get(name) === publishing) this.#underWay.delete(name);
    });
    this.#underWay.set(name, publishing);
    return publishing;
  }

  async history(
    channel: Channel,
    { since = 0, limit }: { since?: number; limit: number },
  ): Promise<History> {
    const name = keyOf(channel);
    if (this.#find(name) === undefined) await this.#open(name);
    const stored = this.#find(name);
    const rows = stored === undefined || stored.endsAt <= historyNow()
      ? []
      : this.#sql.since.all(stored.seq, Math.max(since, stored.first - 1), limit);
    await this.#store.settled();
    return {
      offset: stored?.offset ?? 0,
      // If the channel could not be stored, this epoch makes its position invalid from the start.
      epoch: stored?.epoch ?? crypto.randomUUID().slice(0, 8),
      past: readPast(stored?.past ?? ""),
      publications: this.#store.parse(() => rows.map(toKept)),
    };
  }

  /** Removes a channel. Positions in it are invalid from then on. */
  async forget(channel: Channel): Promise<void> {
    const name = keyOf(channel);
    await this.#store.commit(() => this.#remove(name));
    this.#names.delete(name);
  }

  /** Removes histories and channels whose time is over. A task of the engine calls this every minute. */
  async sweep(signal?: AbortSignal): Promise<void> {
    await this.#sweep.sweep(signal);
  }

  sizeOf(channel: Channel): Promise<number> {
    return Promise.resolve(Number(this.#sql.bytesOf.get(keyOf(channel))?.["bytes"] ?? 0));
  }

  async dropOldest(
    channel: Channel,
    bytes: number,
  ): Promise<{ dropped: number; bytes: number }> {
    const all = { dropped: 0, bytes: 0 };
    await inSlices<number>(this.#store, {
      step: (found) => {
        const stored = this.#find(keyOf(channel));
        const left = bytes - all.bytes - sum(found);
        if (stored === undefined || left <= 0) return false;
        const dropped = this.#dropFirst(stored, left);
        found.push(...dropped);
        return dropped.length > 0;
      },
      committed(found) {
        all.dropped += found.length;
        all.bytes += sum(found);
      },
    });
    return all;
  }

  /** Drops some of a channel's first publications, but not the last one. Returns the bytes of each. Runs in a commit. */
  #dropFirst({ seq, offset, first }: StoredChannel, bytes: number): number[] {
    const dropped: number[] = [];
    let next = first;
    for (const row of this.#sql.oldest.all(seq, first, STEP_ROWS)) {
      if (sum(dropped) >= bytes || Number(row["offset"]) >= offset) break;
      dropped.push(Number(row["bytes"]));
      next = Number(row["offset"]) + 1;
    }
    if (dropped.length === 0) return dropped;
    this.#sql.setFirst.run(next, seq);
    if (removeOldest(this.#sql, seq, next - 1) === STEP_ROWS) this.#sql.leave.run(seq, next - 1);
    return dropped;
  }

  async #append(
    channel: Channel,
    publication: Publication,
    options: HistoryOptions,
  ): Promise<Published> {
    const { kind, id, at, from: { user = "" } = {}, isClientsId = false } = publication;
    const name = keyOf(channel);
    const content = encodeContent(publication);
    const published = await this.#store.commit(() => {
      const stored = this.#find(name) ?? this.#make(name);
      const known = isClientsId ? this.#offsetOf(stored, user, id) : undefined;
      if (known !== undefined) return { offset: known, epoch: stored.epoch, isDuplicate: true };
      const offset = stored.offset + 1;
      this.#advance(stored, options, content);
      this.#sql.insert.run(stored.seq, offset, kind, id, at, content);
      if (isClientsId) this.#sql.rememberId.run(stored.seq, user, id, offset, historyNow());
      return { offset, epoch: stored.epoch, isDuplicate: false };
    });
    this.#names.add(name);
    const { offset, epoch, isDuplicate } = published;
    if (isDuplicate) return published;
    const bytes = Buffer.byteLength(content) + EACH_BYTES;
    this.#budget?.note(channel, publication.from?.user, bytes, options.seconds);
    this.#fanOut(channel, publication, { offset, epoch });
    return published;
  }

  #find(name: string): StoredChannel | undefined {
    const row = this.#sql.find.get(name, historyNow());
    return row && {
      seq: Number(row["seq"]),
      epoch: String(row["epoch"]),
      past: String(row["past"]),
      offset: Number(row["offset"]),
      first: Number(row["first"]),
      endsAt: Number(row["ends_at"]),
    };
  }

  /** Adds a channel. This and the methods below, except `#open`, run in a commit. */
  #make(name: string): StoredChannel {
    this.#remove(name); // there may be an expired one
    const row = this.#sql.make.get(name, historyNow() + POSITION_SECONDS * 1000);
    const [seq, epoch] = [Number(row?.["seq"]), String(row?.["epoch"])];
    return { seq, epoch, past: "", offset: 0, first: 1, endsAt: 0 };
  }

  #offsetOf({ seq }: StoredChannel, user: UserId, id: string): number | undefined {
    const row = this.#sql.offsetOf.get(seq, id, user, historyNow() - CLIENTS_ID_SECONDS * 1000);
    return row && Number(row["offset"]);
  }

  /** Takes the next offset, and removes publications that are too many or too old. */
  #advance(
    { seq, offset, first, endsAt }: StoredChannel,
    options: HistoryOptions,
    content: string,
  ): void {
    const now = historyNow();
    const over = endsAt <= now ? offset : offset + 1 - options.size;
    const endsLater = now + options.seconds * 1000;
    const expiresAt = now + positionSeconds(options) * 1000;
    this.#sql.advance.run(content, Math.max(first, over + 1), endsLater, expiresAt, seq);
    if (over < first) return;
    removeOldest(this.#sql, seq, over, REMOVED_AT_ONCE);
    if (over - first + 1 > REMOVED_AT_ONCE) this.#sql.leave.run(seq, over);
  }

  #remove(name: string): void {
    const seq = this.#sql.seqOf.get(name)?.["seq"];
    if (seq !== undefined) remove(this.#sql, Number(seq));
  }

  /** Gives a position to a channel in which nothing was published. A failure is ignored: a full disk keeps nobody out. */
  async #open(name: string): Promise<void> {
    const open = () => this.#find(name) ?? this.#make(name);
    const stored = await this.#store.commit(open).catch(() => undefined);
    if (stored !== undefined) this.#names.add(name);
  }
}

function toKept(row: Row): KeptPublication {
  const [kind, id] = [String(row["kind"]), String(row["id"])];
  const at = storedTime(Number(row["at"]));
  const publication = { kind, id, at, ...decodeContent(String(row["content"])) };
  return { offset: Number(row["offset"]), publication };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
