/** Keeps events in Redis: each log is a stream. Steps of the engine write entries by themselves. */
import { inSlices } from "../../base/slices.ts";
import { isRefusedAlone } from "../../base/errors.ts";
import type { LogEntry } from "../../core/publication.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import { KERNEL_FUNCTIONS } from "../../engines/redis/kernel_functions.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import type { Note } from "../../presence/online_store.ts";
import type { AppEvent } from "./event.ts";
import { EVENT_FUNCTIONS } from "./functions.ts";
import { Outbox } from "./outbox.ts";
import { EventKeys } from "./redis_keys.ts";
import { fieldsOf, RedisEventLog } from "./redis_log.ts";
import { type Ending, type EventLog, type EventStore, MOST_UNWRITTEN, STREAM } from "./store.ts";

/** How many endings are noted at once where there are many. */
const AT_ONCE = 200;

/** What the entries of a lease begin with that are endings. */
const MARK = "\nends";

/** Something that has begun. */
interface Begun {
  /** How leases note it. */
  readonly noted: string;
  /** The lease that notes it; `undefined` where none does yet. */
  lease: string | undefined;
  readonly opening: LogEntry;
}

/** An entry to be written; with what begins or ends by it. */
interface Unwritten extends LogEntry {
  readonly begins?: Begun;
  readonly ends?: Begun;
}

export class RedisEvents implements EventStore {
  readonly #redis: RedisStorage["redis"];
  readonly #keys: EventKeys;
  readonly #functions: Calls<typeof EVENT_FUNCTIONS>;
  readonly #append: Calls<typeof KERNEL_FUNCTIONS>["log"];
  readonly #outbox: Outbox<Unwritten>;
  readonly #lease: RedisStorage["lease"];
  readonly #leaseKey: (lease: string) => string;
  /** What has begun on this node and not ended, by key. */
  readonly #begun = new Map<string, Begun>();
  readonly #onLost: (count: number) => void;

  /** @param onLost is told how many events were lost that Redis did not take */
  constructor(
    { redis, keys, functions, lease }: RedisStorage,
    onLost: (count: number) => void,
  ) {
    this.#lease = lease;
    this.#leaseKey = (lease) => keys.lease(lease);
    lease.sweepBy(async (lease, noted) => {
      const { event, logs }: Omit<Ending, "key"> = JSON.parse(noted.slice(MARK.length + 1));
      await this.#end(lease, noted, this.entryOf(logs, { ...event, at: Date.now() }));
      return false; // this is no presence in a room
    }, MARK);
    this.#redis = redis;
    this.#onLost = onLost;
    this.#keys = new EventKeys(keys);
    this.#functions = functions.calls(EVENT_FUNCTIONS);
    this.#append = functions.calls(KERNEL_FUNCTIONS).log;
    this.#outbox = new Outbox<Unwritten>({
      write: (entries) => this.#write(entries),
      most: MOST_UNWRITTEN,
      onLost: ({ length }) => onLost(length),
    });
  }

  append(logs: readonly string[], event: AppEvent): Promise<void> {
    return this.#outbox.push(this.entryOf(logs, event));
  }

  appendNow(logs: readonly string[], event: AppEvent): Promise<boolean> {
    return this.#writeOne(this.entryOf(logs, event));
  }

  begin(logs: readonly string[], event: AppEvent, { key, ...ending }: Ending): Promise<void> {
    const noted = `${MARK}\n${JSON.stringify(ending)}`;
    const opening = this.entryOf(logs, event);
    const begins: Begun = { noted, lease: undefined, opening };
    this.#begun.set(key, begins);
    return this.#outbox.push({ ...opening, begins });
  }

  end(logs: readonly string[], event: AppEvent, key: string): Promise<void> {
    const ends = this.#begun.get(key);
    this.#begun.delete(key);
    if (ends === undefined && logs.length === 0) return Promise.resolve();
    return this.#outbox.push({ ...this.entryOf(logs, event), ends });
  }

  async restore(): Promise<void> {
    const open = [...this.#begun.values()].filter(({ lease }) => lease !== undefined);
    await inSlices(open, (begun) => this.#begin(begun), { atOnce: AT_ONCE });
  }

  entryOf(logs: readonly string[], event: AppEvent): LogEntry {
    return { streams: this.streamsOf(logs), fields: fieldsOf(event) };
  }

  noteOf(logs: readonly string[], event: AppEvent): Note {
    return { entry: this.entryOf(logs, event) };
  }

  streamsOf(logs: readonly string[]): string[] {
    return logs.map((log) => this.#keys.stream(log));
  }

  async trimStream(size: number): Promise<void> {
    if (size === Infinity) return;
    await this.#redis.xtrim(this.#keys.stream(STREAM), "MAXLEN", "~", size);
  }

  log(name: string): EventLog {
    return new RedisEventLog(name, this.#keys, this.#functions);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#outbox[Symbol.asyncDispose]();
  }

  /** Redis runs the calls in their order, so those that it took are the first ones. */
  async #write(entries: readonly Unwritten[]): Promise<number> {
    const results = await Promise.all(entries.map((each) => this.#writeOne(each)));
    const failed = results.indexOf(false);
    if (failed === 0) throw new Error("Redis took none");
    return failed < 0 ? entries.length : failed;
  }

  /** Says whether Redis took an entry, or never will: where another program has broken one log, others go on. */
  async #writeOne(entry: Unwritten): Promise<boolean> {
    const { begins, ends } = entry;
    try {
      if (begins !== undefined) await this.#begin(begins);
      else if (ends?.lease !== undefined) await this.#end(ends.lease, ends.noted, entry);
      else await this.#append(entry.streams, entry.fields);
    } catch (error) {
      if (!isRefusedAlone(error)) return false;
      this.#onLost(1);
    }
    return true;
  }

  /** Notes with the lease what has begun. It is told unless an earlier lease has it. */
  async #begin(begun: Begun): Promise<void> {
    const { noted, opening: { streams, fields }, lease: earlier = this.#lease.id } = begun;
    begun.lease = this.#lease.id;
    await this.#functions.eventsBegin(
      [this.#leaseKey(begun.lease), this.#leaseKey(earlier), ...streams],
      [noted, ...fields],
    );
  }

  async #end(lease: string, noted: string, { streams, fields }: LogEntry): Promise<void> {
    await this.#functions.eventsEnd([this.#leaseKey(lease), ...streams], [noted, ...fields]);
  }
}
