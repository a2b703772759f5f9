/** Rooms of one node: history in memory, fan-out by a call. */
import {
  type Broker,
  type Channel,
  CLIENTS_ID_SECONDS,
  type EngineHandler,
  type History,
  type HistoryOptions,
  keyOf,
  POSITION_SECONDS,
  type Publication,
  type Published,
} from "../engine.ts";
import { withOffset } from "../frames.ts";

interface Log {
  readonly epoch: string;
  offset: number;
  /** Until then the publications are kept, and until then all of it; on `performance.now()`'s clock. */
  endsAt: number;
  expiresAt: number;
  /** By their offsets, the last of which is `offset`. Bounded by `HistoryOptions.size`: the oldest goes first. */
  readonly publications: Map<number, Publication>;
  /** Clients' own ids, oldest first; each goes `CLIENTS_ID_SECONDS` after it came. */
  readonly ids: Map<string, { offset: number; knownUntil: number }>;
}

/** Histories that are looked at for each one that comes or grows: all are, in time, and none waits for a walk through all. */
const LOOKS = 2;

/** Bytes that a history takes at most without its publications, and one of these beside its text. */
const LOG_BYTES = 1000;
const PUBLICATION_BYTES = 200;
/** Of a client's own id. */
const ID_BYTES = 300;

/** Bytes of a UTF-16 unit in memory. */
const UNIT_BYTES = 2;

/** How much is kept, of all channels together. */
export interface HistoryLimit {
  readonly bytes: number;
  /** Told how many publications went before their time. */
  readonly onForgotten: (count: number) => void;
}

export class MemoryBroker implements Broker {
  /**
   * Bounded by `HistoryLimit.bytes`: past that the next one at hand loses its oldest publications, as many as it takes;
   * one that has none, its position.
   */
  readonly #logs = new Map<string, Log>();
  /** Goes round and round: a walk from the start would pass all that was deleted there. */
  #hand: Iterator<[string, Log]> = this.#logs.entries();
  /** Of all that is in `#logs`. */
  #bytes = 0;
  readonly #fanOut: EngineHandler["handlePublication"];
  /** Keys of the sessions' channels that are subscribed to. */
  readonly #sessions = new Set<string>();
  readonly #limit: HistoryLimit;

  constructor(fanOut: EngineHandler["handlePublication"], limit: HistoryLimit) {
    this.#fanOut = fanOut;
    this.#limit = limit;
  }

  /** The one node hears all there is. */
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
  ): Promise<Published | undefined> {
    if (history === undefined || history.size === 0) {
      this.#fanOut(channel, publication);
      return Promise.resolve(undefined);
    }
    return Promise.resolve(this.#append(channel, publication, history));
  }

  forward(channel: Channel, publication: Publication): Promise<boolean> {
    const isHeard = this.#sessions.has(keyOf(channel));
    if (isHeard) this.#fanOut(channel, publication);
    return Promise.resolve(isHeard);
  }

  history(
    channel: Channel,
    { since = 0, limit }: { since?: number; limit: number },
  ): Promise<History> {
    const log = this.#log(channel);
    // Only these are looked at: each client that comes asks for the last of many.
    const publications = [];
    for (let offset = Math.max(since + 1, firstOf(log)); offset <= log.offset; offset++) {
      const publication = log.publications.get(offset);
      if (publications.length === limit || publication === undefined) break;
      publications.push({ ...publication, offset });
    }
    return Promise.resolve({ offset: log.offset, epoch: log.epoch, publications });
  }

  #append(
    channel: Channel,
    { kind, id, room, text, isClientsId }: Publication,
    { size, seconds }: HistoryOptions,
  ): Published {
    const now = performance.now();
    const log = this.#log(channel);
    const { epoch } = log;
    this.#forgetIds(log, now);
    const known = isClientsId ? log.ids.get(id) : undefined;
    if (known !== undefined) {
      return { offset: known.offset, epoch, isDuplicate: true };
    }
    const offset = ++log.offset;
    if (isClientsId) this.#remember(log, id, now);
    const publication = { kind, id, room, text: withOffset(text, offset) };
    log.endsAt = now + seconds * 1000;
    log.expiresAt = now + Math.max(seconds, POSITION_SECONDS) * 1000;
    this.#add(log, publication);
    if (log.publications.size > size) this.#removeFirst(log);
    this.#makeRoom(log);
    this.#fanOut(channel, publication, { offset, epoch });
    return { offset, epoch, isDuplicate: false };
  }

  #log(channel: Channel): Log {
    const key = keyOf(channel);
    const known = this.#logs.get(key);
    const now = performance.now();
    if (known !== undefined && known.expiresAt > now) {
      if (known.endsAt <= now) this.#clear(known);
      return known;
    }
    if (known !== undefined) this.#delete(key, known);
    const fresh: Log = {
      epoch: crypto.randomUUID().slice(0, 8),
      offset: 0,
      endsAt: Infinity,
      expiresAt: performance.now() + POSITION_SECONDS * 1000,
      publications: new Map(),
      ids: new Map(),
    };
    this.#logs.set(key, fresh);
    this.#bytes += LOG_BYTES;
    this.#makeRoom(fresh);
    return fresh;
  }

  #add(log: Log, publication: Publication): void {
    log.publications.set(log.offset, publication);
    this.#bytes += bytesOf(publication);
  }

  #removeFirst(log: Log): void {
    const first = firstOf(log);
    const publication = log.publications.get(first);
    log.publications.delete(first);
    if (publication !== undefined) this.#bytes -= bytesOf(publication);
  }

  #clear({ publications }: Log): void {
    for (const publication of publications.values()) this.#bytes -= bytesOf(publication);
    publications.clear();
  }

  #remember({ ids, offset }: Log, id: string, now: number): void {
    ids.set(id, { offset, knownUntil: now + CLIENTS_ID_SECONDS * 1000 });
    this.#bytes += ID_BYTES;
  }

  #forgetIds({ ids }: Log, now: number): void {
    for (const [id, { knownUntil }] of ids) {
      if (knownUntil > now) return;
      ids.delete(id);
      this.#bytes -= ID_BYTES;
    }
  }

  #delete(key: string, log: Log): void {
    this.#clear(log);
    this.#bytes -= LOG_BYTES + log.ids.size * ID_BYTES;
    this.#logs.delete(key);
  }

  /** After this one has got more: looks after the next ones, as many as it takes. */
  #makeRoom(grown: Log): void {
    const now = performance.now();
    for (let looks = 0; looks < LOOKS || this.#isOver; looks++) {
      if (looks > 2 * this.#logs.size + LOOKS) return; // there is nothing left to take
      this.#lookAtNext(now, grown);
    }
  }

  #lookAtNext(now: number, grown: Log): void {
    const { value, done } = this.#hand.next();
    if (done) return void (this.#hand = this.#logs.entries());
    const [key, log] = value;
    this.#forgetIds(log, now);
    if (log.expiresAt <= now) this.#delete(key, log);
    else if (log.endsAt <= now) this.#clear(log);
    else if (this.#isOver && log.publications.size === 0 && log !== grown) this.#delete(key, log);
    else if (this.#isOver) this.#trim(log);
  }

  /** The oldest first, until it is enough. */
  #trim(log: Log): void {
    const { size } = log.publications;
    while (this.#isOver && log.publications.size > 0) this.#removeFirst(log);
    this.#limit.onForgotten(size - log.publications.size);
  }

  get #isOver(): boolean {
    return this.#bytes > this.#limit.bytes;
  }
}

/** The offset of the oldest publication that is kept. */
function firstOf({ offset, publications }: Log): number {
  return offset - publications.size + 1;
}

function bytesOf({ text }: Publication): number {
  return text.length * UNIT_BYTES + PUBLICATION_BYTES;
}
