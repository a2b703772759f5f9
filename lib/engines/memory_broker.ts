/** Rooms of one node: history in memory, fan-out by a call. */
import type {
  Broker,
  Channel,
  EngineHandler,
  History,
  HistoryOptions,
  Position,
  Publication,
} from "../engine.ts";
import { keyOf } from "../hub.ts";

interface Log {
  readonly epoch: string;
  offset: number;
  expiresAt: number;
  /** The last of these has `offset`. Bounded by `HistoryOptions.size`: the oldest goes first. */
  readonly publications: Publication[];
}

const SWEEP_INTERVAL = 1000; // publications between two looks for expired histories

export class MemoryBroker implements Broker {
  readonly #logs = new Map<string, Log>();
  readonly #fanOut: EngineHandler["handlePublication"];
  #untilSweep = SWEEP_INTERVAL;

  constructor(fanOut: EngineHandler["handlePublication"]) {
    this.#fanOut = fanOut;
  }

  subscribe(_channel: Channel): Promise<void> {
    return Promise.resolve(); // the one node hears all there is
  }

  unsubscribe(_channel: Channel): Promise<void> {
    return Promise.resolve();
  }

  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Position | undefined> {
    const position = history && history.size > 0
      ? this.#append(channel, publication, history)
      : undefined;
    this.#fanOut(channel, publication, position);
    return Promise.resolve(position);
  }

  history(
    channel: Channel,
    { since = 0, limit }: { since?: number; limit: number },
  ): Promise<History> {
    const log = this.#log(channel);
    const first = log.offset - log.publications.length + 1;
    const publications = log.publications
      .map((publication, index) => ({ ...publication, offset: first + index }))
      .filter(({ offset }) => offset > since)
      .slice(0, limit);
    return Promise.resolve({ offset: log.offset, epoch: log.epoch, publications });
  }

  #append(channel: Channel, publication: Publication, { size, seconds }: HistoryOptions): Position {
    if (--this.#untilSweep === 0) this.#sweep();
    const log = this.#log(channel);
    log.expiresAt = performance.now() + seconds * 1000;
    log.publications.push(publication);
    if (log.publications.length > size) log.publications.shift();
    return { offset: ++log.offset, epoch: log.epoch };
  }

  #log(channel: Channel): Log {
    const key = keyOf(channel);
    const known = this.#logs.get(key);
    if (known !== undefined && known.expiresAt > performance.now()) return known;
    const fresh: Log = {
      epoch: crypto.randomUUID().slice(0, 8),
      offset: 0,
      expiresAt: Infinity,
      publications: [],
    };
    this.#logs.set(key, fresh);
    return fresh;
  }

  #sweep(): void {
    this.#untilSweep = SWEEP_INTERVAL;
    const now = performance.now();
    for (const [key, log] of this.#logs) if (log.expiresAt <= now) this.#logs.delete(key);
  }
}
