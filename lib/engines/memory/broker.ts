/** The broker of a single node, with histories in memory; it fans out by a call. */
import type { Broker, FanOut } from "../../core/broker.ts";
import type { UserId } from "../../base/fields.ts";
import { type Channel, channelWith, keyOf } from "../../core/channel.ts";
import { type Said, UNSAID } from "../../core/recall.ts";
import {
  CLIENTS_ID_SECONDS,
  type History,
  type HistoryOptions,
  POSITION_SECONDS,
  type Publication,
  type Published,
} from "../../core/publication.ts";
import { Queue } from "../../base/queue.ts";

/** The history of one channel. */
interface Log {
  readonly key: string;
  readonly epoch: string;
  /** The offset of the last publication. */
  offset: number;
  /** When the publications are dropped, on `performance.now()`'s clock. */
  endsAt: number;
  /** When the whole log is dropped, on `performance.now()`'s clock. */
  expiresAt: number;
  /** The publications, oldest first. Bounded by `HistoryOptions.size`: the oldest one is dropped first. */
  readonly publications: Queue<Publication>;
  /** Ids that clients made, each with its user, oldest first. Each is dropped after `CLIENTS_ID_SECONDS`. Most channels have none. */
  ids: Map<string, { offset: number; knownUntil: number }> | undefined;
}

/** How many logs are looked at when one is added or grows. So all are looked at in time, without a walk through all. */
const LOOKS = 2;
/** How long after the last look such a look is due. */
const LOOK_AFTER_MS = 1;

/** The most bytes that a log takes without its publications and ids. */
const LOG_BYTES = 1000;
/** The most bytes that a publication takes beside its texts: its object, its id, and its place in the list. */
const PUBLICATION_BYTES = 440;
/** The most bytes that a client's own id takes. */
const ID_BYTES = 300;

/** Bytes of a UTF-16 unit in memory. */
const UNIT_BYTES = 2;

/** How much is kept of all channels together. */
export interface HistoryLimit {
  readonly bytes: number;
  /** Is told how many publications were dropped before their time. */
  readonly onForgotten: (count: number) => void;
}

export class MemoryBroker implements Omit<Broker, "caughtUp" | "forget"> {
  /**
   * Bounded by `HistoryLimit.bytes`: past that, the logs at the hand lose as many of their oldest publications as
   * necessary, and a log that has none is deleted.
   */
  readonly #logs = new Map<string, Log>();
  /** Goes round and round. A walk that began at the start each time would pass all entries that were deleted there. */
  #hand: Iterator<Log> = this.#logs.values();
  /** When logs were last looked at, on `performance.now()`'s clock. */
  #lookedAt = -Infinity;
  /** The bytes of all logs. */
  #bytes = 0;
  readonly #fanOut: FanOut;
  /** Keys of the sessions' channels that are subscribed to. */
  readonly #sessions = new Set<string>();
  readonly #limit: HistoryLimit;

  constructor(fanOut: FanOut, limit: HistoryLimit) {
    this.#fanOut = fanOut;
    this.#limit = limit;
  }

  /** Only sessions are noted: the single node hears all other channels anyway. */
  subscribe(channel: Channel): Promise<void> {
    if (channel.kind === "session") this.#sessions.add(keyOf(channel));
    return Promise.resolve();
  }

  unsubscribe(channel: Channel): Promise<void> {
    if (channel.kind === "session") this.#sessions.delete(keyOf(channel));
    return Promise.resolve();
  }

  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Published | undefined {
    if (history !== undefined && history.size > 0) {
      return this.#append(channel, publication, history);
    }
    this.#fanOut(channel, publication);
  }

  forward(channel: Channel, publication: Publication): Promise<boolean> {
    const isHeard = this.#sessions.has(keyOf(channel));
    if (isHeard) this.#fanOut(channel, publication);
    return Promise.resolve(isHeard);
  }

  forget(channel: Channel): void {
    const log = this.#logs.get(keyOf(channel));
    if (log !== undefined) this.#delete(log);
  }

  history(
    channel: Channel,
    { since = 0, limit }: { since?: number; limit: number },
  ): Promise<History> {
    const log = this.#log(channel, performance.now());
    // The loop begins at the first of these, since every client that comes asks for the last few of many.
    const publications = [];
    const first = log.offset - log.publications.length + 1;
    for (let offset = Math.max(since + 1, first); offset <= log.offset; offset++) {
      if (publications.length === limit) break;
      publications.push({ offset, publication: log.publications.at(offset - first)! });
    }
    return Promise.resolve({ offset: log.offset, epoch: log.epoch, publications });
  }

  /** What a user has published in channels of one kind: all of it, since nothing has to be read for that. */
  saidBy(site: string, user: UserId, kind: string): Said[] {
    const start = `${site}\n${kind}\n`;
    const said: Said[] = [];
    for (const log of this.#logs.values()) {
      if (!log.key.startsWith(start)) continue;
      const first = log.offset - log.publications.length + 1;
      for (let offset = first; offset <= log.offset; offset++) {
        const publication = log.publications.at(offset - first)!;
        if (publication.from?.user !== user) continue;
        said.push({ channel: channelWith(log.key), offset, publication });
      }
    }
    return said;
  }

  /** Leaves nothing of publications but their places. */
  unsay(channel: Channel, offsets: readonly number[]): void {
    const log = this.#logs.get(keyOf(channel));
    if (log === undefined) return;
    const first = log.offset - log.publications.length + 1;
    for (const offset of offsets) {
      const publication = log.publications.at(offset - first);
      if (publication === undefined) continue;
      const { kind, id, at } = publication;
      const left = { kind, id, at, ...UNSAID };
      log.publications.replace(offset - first, left);
      this.#bytes += bytesOf(left) - bytesOf(publication);
    }
  }

  #append(
    channel: Channel,
    publication: Publication,
    { size, seconds }: HistoryOptions,
  ): Published {
    const { isClientsId } = publication;
    const now = performance.now();
    const log = this.#log(channel, now);
    const { epoch } = log;
    this.#forgetIds(log, now);
    const own = isClientsId ? ownIdOf(publication) : "";
    const known = isClientsId ? log.ids?.get(own) : undefined;
    if (known !== undefined) {
      return { offset: known.offset, epoch, isDuplicate: true };
    }
    const offset = ++log.offset;
    if (isClientsId) this.#remember(log, own, now);
    log.endsAt = now + seconds * 1000;
    log.expiresAt = now + Math.max(seconds, POSITION_SECONDS) * 1000;
    log.publications.push(publication);
    this.#bytes += bytesOf(publication);
    if (log.publications.length > size) this.#removeFirst(log);
    this.#makeRoom(log, now);
    const published = { offset, epoch, isDuplicate: false };
    this.#fanOut(channel, publication, published);
    return published;
  }

  #log(channel: Channel, now: number): Log {
    const key = keyOf(channel);
    const known = this.#logs.get(key);
    if (known !== undefined && known.expiresAt > now) {
      if (known.endsAt <= now) this.#clear(known);
      return known;
    }
    if (known !== undefined) this.#delete(known);
    const fresh: Log = {
      key,
      epoch: crypto.randomUUID().slice(0, 8),
      offset: 0,
      endsAt: Infinity,
      expiresAt: now + POSITION_SECONDS * 1000,
      publications: new Queue(),
      ids: undefined,
    };
    this.#logs.set(key, fresh);
    this.#bytes += LOG_BYTES;
    this.#makeRoom(fresh, now);
    return fresh;
  }

  #removeFirst(log: Log): void {
    const publication = log.publications.shift();
    if (publication !== undefined) this.#bytes -= bytesOf(publication);
  }

  #clear(log: Log): void {
    while (log.publications.length > 0) this.#removeFirst(log);
  }

  #remember(log: Log, ownId: string, now: number): void {
    const ids = log.ids ??= new Map();
    ids.set(ownId, { offset: log.offset, knownUntil: now + CLIENTS_ID_SECONDS * 1000 });
    this.#bytes += ID_BYTES;
  }

  #forgetIds({ ids }: Log, now: number): void {
    if (ids === undefined) return;
    for (const [id, { knownUntil }] of ids) {
      if (knownUntil > now) return;
      ids.delete(id);
      this.#bytes -= ID_BYTES;
    }
  }

  #delete(log: Log): void {
    this.#clear(log);
    this.#bytes -= LOG_BYTES + (log.ids?.size ?? 0) * ID_BYTES;
    this.#logs.delete(log.key);
  }

  /** Looks at the next logs after one has grown, and at as many more as the limit takes. */
  #makeRoom(grown: Log, now: number): void {
    const due = now - this.#lookedAt < LOOK_AFTER_MS ? 0 : LOOKS;
    if (due > 0) this.#lookedAt = now;
    for (let looks = 0; looks < due || this.#isOver; looks++) {
      if (looks > 2 * this.#logs.size + LOOKS) return; // there is nothing left to take
      this.#lookAtNext(now, grown);
    }
  }

  #lookAtNext(now: number, grown: Log): void {
    const { value: log, done } = this.#hand.next();
    if (done) return void (this.#hand = this.#logs.values());
    this.#forgetIds(log, now);
    if (log.expiresAt <= now) this.#delete(log);
    else if (log.endsAt <= now) this.#clear(log);
    else if (this.#isOver && log.publications.length === 0 && log !== grown) this.#delete(log);
    else if (this.#isOver) this.#trim(log);
  }

  /** Drops a log's oldest publications until the limit is kept. */
  #trim(log: Log): void {
    const { length } = log.publications;
    while (this.#isOver && log.publications.length > 0) this.#removeFirst(log);
    this.#limit.onForgotten(length - log.publications.length);
  }

  get #isOver(): boolean {
    return this.#bytes > this.#limit.bytes;
  }
}

/** An id that a client made, with its user: two users may make the same one. No id has a line break. */
function ownIdOf({ id, from }: Publication): string {
  return `${id}\n${from?.user ?? ""}`;
}

function bytesOf({ from, message = "", event = "", data, tags }: Publication): number {
  const { user = "", name = "" } = from ?? {};
  const rest = data === undefined && tags === undefined ? 0 : JSON.stringify([data, tags]).length;
  const units = message.length + user.length + name.length + event.length + rest;
  return units * UNIT_BYTES + PUBLICATION_BYTES;
}
