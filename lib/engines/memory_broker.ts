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

/** Publications and new histories between two looks for those that have ended. */
const SWEEP_EVERY = 1000;

export class MemoryBroker implements Broker {
  readonly #logs = new Map<string, Log>();
  readonly #fanOut: EngineHandler["handlePublication"];
  /** Keys of the sessions' channels that are subscribed to. */
  readonly #sessions = new Set<string>();
  #untilSweep = SWEEP_EVERY;

  constructor(fanOut: EngineHandler["handlePublication"]) {
    this.#fanOut = fanOut;
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
    this.#sweepNowAndThen();
    const now = performance.now();
    const log = this.#log(channel);
    const { epoch } = log;
    const known = isClientsId ? log.ids.get(id) : undefined;
    if (known !== undefined && known.knownUntil > now) {
      return { offset: known.offset, epoch, isDuplicate: true };
    }
    const offset = ++log.offset;
    if (isClientsId) remember(log, id, now);
    const publication = { kind, id, room, text: withOffset(text, offset) };
    log.endsAt = now + seconds * 1000;
    log.expiresAt = now + Math.max(seconds, POSITION_SECONDS) * 1000;
    log.publications.set(offset, publication);
    if (log.publications.size > size) log.publications.delete(firstOf(log));
    this.#fanOut(channel, publication, { offset, epoch });
    return { offset, epoch, isDuplicate: false };
  }

  #log(channel: Channel): Log {
    const key = keyOf(channel);
    const known = this.#logs.get(key);
    const now = performance.now();
    if (known !== undefined && known.expiresAt > now) {
      if (known.endsAt <= now) known.publications.clear();
      return known;
    }
    this.#sweepNowAndThen();
    const fresh: Log = {
      epoch: crypto.randomUUID().slice(0, 8),
      offset: 0,
      endsAt: Infinity,
      expiresAt: performance.now() + POSITION_SECONDS * 1000,
      publications: new Map(),
      ids: new Map(),
    };
    this.#logs.set(key, fresh);
    return fresh;
  }

  #sweepNowAndThen(): void {
    if (--this.#untilSweep > 0) return;
    this.#untilSweep = SWEEP_EVERY;
    const now = performance.now();
    for (const [key, log] of this.#logs) if (log.expiresAt <= now) this.#logs.delete(key);
  }
}

/** The offset of the oldest publication that is kept. */
function firstOf({ offset, publications }: Log): number {
  return offset - publications.size + 1;
}

function remember({ ids, offset }: Log, id: string, now: number): void {
  for (const [old, { knownUntil }] of ids) {
    if (knownUntil > now) break;
    ids.delete(old);
  }
  ids.delete(id); // so that it goes to the end
  ids.set(id, { offset, knownUntil: now + CLIENTS_ID_SECONDS * 1000 });
}
