/**
 * The durable ways in from Redis: other systems XADD to a stream what `streams.ts` says. Nodes read it through a consumer
 * group, one node at a time, so that what is about one user or one room comes in the stream's order. An entry leaves the
 * stream once it is stored or published, so nothing is lost while all nodes are down. An entry that is refused goes to a
 * stream of its own. Next on a message's way: `inbox/notify.ts` or `publications.ts`.
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import { isRefusedAlone, isStoreFailure } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import { unavailable } from "../engines/redis/errors.ts";
import type { StreamWay } from "../engines/redis/keys.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import type { RedisStorage } from "../engines/storage.ts";
import { DeadEntries } from "./dead_entries.ts";
import type { StreamCounters } from "./metrics.ts";
import { type Entry, fieldsOf } from "./stream_entry.ts";
import { StreamGroup } from "./stream_group.ts";
import type { IncomingStream } from "./streams.ts";
import { untilAborted } from "../core/task.ts";
import { TurnLock } from "./turn_lock.ts";

const log = logFor("stream");

/** How often the turn is renewed, and how often a node without the turn asks for it. */
const TURN_RENEWED_EVERY_MS = 500;

/** How long the reader waits after a failure that is not an entry's. */
const PAUSE_MS = 500;

/** What the reader needs of the server. */
export interface StreamReaderOptions {
  readonly redis: RedisConfig;
  readonly counters: StreamCounters;
}

/** Reads a stream for one run. It connects as soon as it is made. */
export class StreamReader {
  readonly #stream: IncomingStream;
  readonly #options: StreamReaderOptions;
  readonly #group: StreamGroup;
  readonly #dead: DeadEntries;
  readonly #turn: TurnLock<StreamWay>;
  #stopping: AbortSignal = new AbortController().signal;

  constructor(stream: IncomingStream, storage: RedisStorage, options: StreamReaderOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#group = new StreamGroup(storage, options.redis, stream);
    this.#dead = new DeadEntries(storage);
    this.#turn = new TurnLock(storage, [stream.way]);
  }

  /** Why entries cannot be read here; `undefined` where they can, if it is this node's turn. */
  whyNotReady(): string | undefined {
    if (this.#group.isConnected) return undefined;
    return `The connection on which the stream of ${this.#stream.what} is read is away`;
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#stopping = signal;
    const ended = untilAborted(signal).then(() => this.#group.disconnect());
    const renewal = setInterval(() => {
      if (!this.#turn.isHeld || !this.#group.isConnected) return;
      this.#turn.hold().catch(() => {}); // the loop asks again
    }, TURN_RENEWED_EVERY_MS);
    while (!signal.aborted) {
      await this.#readOnce().catch((error) => this.#pauseAfter(error));
    }
    clearInterval(renewal);
    await Promise.all([this.#turn.release(), ended]);
  }

  /** Reads one batch, or waits a little if another node has the turn or this one cannot read. */
  async #readOnce(): Promise<void> {
    if (!this.#group.isConnected) return await this.#passOn();
    if (!this.#turn.isHeld && !(await this.#turn.hold()).isHeld) {
      return await this.#pause(TURN_RENEWED_EVERY_MS);
    }
    await this.#group.make();
    const left = await this.#group.left();
    await this.#take(left.length > 0 ? left : await this.#group.fresh());
  }

  /** Lets a node have the turn that can read, and waits a little. Those that can ask for the turn more often. */
  async #passOn(): Promise<void> {
    if (this.#turn.isHeld) await this.#turn.release();
    await this.#pause(TURN_RENEWED_EVERY_MS);
  }

  /** Takes each user's, or each room's, entries in their order. What Redis does not take now stays in the stream. */
  async #take(entries: readonly Entry[]): Promise<void> {
    const all = Map.groupBy(
      entries,
      ([, values]) => this.#stream.aboutOf(fieldsOf(values ?? [])),
    );
    const stored = await Promise.all([...all.values()].map((each) => this.#storeInOrder(each)));
    const done = stored.flat();
    await this.#group.remove(done);
    if (done.length < entries.length) {
      throw new Error(`${entries.length - done.length} entries could not be stored`);
    }
  }

  /** Stores one user's or one room's entries up to the first that is not taken. Resolves with the ids of those that are done with. */
  async #storeInOrder(entries: readonly Entry[]): Promise<string[]> {
    const done: string[] = [];
    for (const [id, values] of entries) {
      if (!await this.#store(id, values ?? [])) break;
      done.push(id);
    }
    return done;
  }

  /** Says whether the entry is done with. */
  async #store(entryId: string, values: readonly string[]): Promise<boolean> {
    const { counters } = this.#options;
    counters.received.value++;
    try {
      const { way } = this.#stream;
      const claim = { way, holder: this.#turn.holder, progress: entryId.replace("-", ":") };
      await this.#stream.take(fieldsOf(values), entryId, claim);
      counters.stored.value++;
      return true;
    } catch (error) {
      if (isStoreFailure(error) && !isRefusedAlone(error)) return false;
      counters.refused.value++;
      const reason = reasonOf(error);
      log.warn("entry {id} is refused: {reason}", { id: entryId, reason });
      await this.#dead.buryEntry(this.#stream.way, [entryId, values], error);
      return true;
    }
  }

  async #pauseAfter(error: unknown): Promise<void> {
    this.#group.noteFailure(error);
    if (this.#stopping.aborted) return;
    log.debug("the stream cannot be read: {reason}", { reason: String(error) });
    if (unavailable(error).options.isAway) await this.#passOn();
    else await this.#pause(PAUSE_MS);
  }

  #pause(ms: number): Promise<void> {
    return pause(ms, this.#stopping);
  }
}
