/** Channels whose history outlives restarts: a publication is committed, then fanned out. */
import type { SQLOutputValue } from "node:sqlite";
import type { FanOut } from "../../core/broker.ts";
import { type Channel, keyOf } from "../../core/channel.ts";
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
import { SqliteHistoryStatements } from "./history_statements.ts";
import type { SqliteStore } from "./store.ts";
import type { Schema } from "./migrations.ts";
import CHANNELS from "./1_history.sql" with { type: "text" };
import PUBLICATIONS from "./2_publications.sql" with { type: "text" };

/** The tables of channels and their histories. */
export const HISTORY: Schema = {
  name: "history",
  sql: [{ name: "history", sql: CHANNELS }, { name: "publications", sql: PUBLICATIONS }],
};

/** How many channels one sweep removes from at most. */
const SWEEP_CHANNELS = 1000;

/** A channel in the file. */
interface StoredChannel {
  readonly seq: number;
  readonly epoch: string;
  readonly offset: number;
  /** When the publications are dropped, in milliseconds of Unix time; 0 if there are none. */
  readonly endsAt: number;
}

export class SqliteHistory {
  readonly #store: SqliteStore;
  readonly #fanOut: FanOut;
  readonly #sql: SqliteHistoryStatements;
  /** The names of all channels in the file. */
  readonly #names: Set<string>;
  /** The last publication of each channel that is not fanned out yet, by the channel's name. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(store: SqliteStore, fanOut: FanOut) {
    this.#store = store;
    this.#fanOut = fanOut;
    this.#sql = new SqliteHistoryStatements(store);
    this.#names = new Set(this.#sql.names.all().map((row) => String(row["name"])));
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
    const rows = stored === undefined || stored.endsAt <= Date.now()
      ? []
      : this.#sql.since.all(stored.seq, since, limit);
    await this.#store.settled();
    return {
      offset: stored?.offset ?? 0,
      // If the channel could not be stored, this epoch makes its position invalid from the start.
      epoch: stored?.epoch ?? crypto.randomUUID().slice(0, 8),
      publications: rows.map(toKept),
    };
  }

  /** Removes a channel. Positions in it are invalid from then on. */
  async forget(channel: Channel): Promise<void> {
    const name = keyOf(channel);
    await this.#store.commit(() => this.#remove(name));
    this.#names.delete(name);
  }

  /** Removes histories and channels whose time is over. A task of the engine calls this every minute. */
  async sweep(): Promise<void> {
    if (this.#names.size === 0) return;
    const now = Date.now();
    const expired = await this.#store.commit(() => {
      this.#sql.forgetIds.run(now - CLIENTS_ID_SECONDS * 1000);
      for (const { seq, offset } of this.#sql.ended.all(now, SWEEP_CHANNELS)) {
        this.#sql.removeUpTo.run(Number(seq), Number(offset));
        this.#sql.noteEnded.run(Number(seq));
      }
      const names = this.#sql.expired.all(now, SWEEP_CHANNELS).map((row) => String(row["name"]));
      for (const name of names) this.#remove(name);
      return names;
    });
    for (const name of expired) if (this.#find(name) === undefined) this.#names.delete(name);
  }

  async #append(
    channel: Channel,
    publication: Publication,
    options: HistoryOptions,
  ): Promise<Published> {
    const { kind, id, at, isClientsId = false } = publication;
    const name = keyOf(channel);
    const published = await this.#store.commit(() => {
      const stored = this.#find(name) ?? this.#make(name);
      const known = isClientsId ? this.#offsetOf(stored, id) : undefined;
      if (known !== undefined) return { offset: known, epoch: stored.epoch, isDuplicate: true };
      const offset = stored.offset + 1;
      this.#advance(stored, options);
      this.#sql.insert.run(stored.seq, offset, kind, id, at, encodeContent(publication));
      if (isClientsId) this.#sql.rememberId.run(stored.seq, id, offset, Date.now());
      return { offset, epoch: stored.epoch, isDuplicate: false };
    });
    this.#names.add(name);
    const { offset, epoch, isDuplicate } = published;
    if (!isDuplicate) this.#fanOut(channel, publication, { offset, epoch });
    return published;
  }

  #find(name: string): StoredChannel | undefined {
    const row = this.#sql.find.get(name, Date.now());
    return row && {
      seq: Number(row["seq"]),
      epoch: String(row["epoch"]),
      offset: Number(row["offset"]),
      endsAt: Number(row["ends_at"]),
    };
  }

  /** Adds a channel. This and the methods below, except `#open`, run in a commit. */
  #make(name: string): StoredChannel {
    this.#remove(name); // there may be an expired one
    const row = this.#sql.make.get(name, Date.now() + POSITION_SECONDS * 1000);
    return { seq: Number(row?.["seq"]), epoch: String(row?.["epoch"]), offset: 0, endsAt: 0 };
  }

  #offsetOf({ seq }: StoredChannel, id: string): number | undefined {
    const row = this.#sql.offsetOf.get(seq, id, Date.now() - CLIENTS_ID_SECONDS * 1000);
    return row && Number(row["offset"]);
  }

  /** Takes the next offset, and removes publications that are too many or too old. */
  #advance({ seq, offset, endsAt }: StoredChannel, options: HistoryOptions): void {
    const now = Date.now();
    const over = endsAt <= now ? offset : offset + 1 - options.size;
    if (over > 0) this.#sql.removeUpTo.run(seq, over);
    const expiresAt = now + positionSeconds(options) * 1000;
    this.#sql.advance.run(now + options.seconds * 1000, expiresAt, seq);
  }

  #remove(name: string): void {
    const seq = this.#sql.seqOf.get(name)?.["seq"];
    if (seq !== undefined) this.#sql.removeAll.forEach((statement) => statement.run(seq));
  }

  /** Gives a position to a channel in which nothing was published. A failure is ignored: a full disk keeps nobody out. */
  async #open(name: string): Promise<void> {
    const open = () => this.#find(name) ?? this.#make(name);
    const stored = await this.#store.commit(open).catch(() => undefined);
    if (stored !== undefined) this.#names.add(name);
  }
}

function toKept(row: Record<string, SQLOutputValue>): KeptPublication {
  const [kind, id, at] = [String(row["kind"]), String(row["id"]), Number(row["at"])];
  const publication = { kind, id, at, ...decodeContent(String(row["content"])) };
  return { offset: Number(row["offset"]), publication };
}
