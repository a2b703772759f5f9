/** Keeps events in Redis: each log is a stream. Steps of the engine write entries by themselves. */
import { isRefusedAlone } from "../../base/errors.ts";
import type { LogEntry } from "../../core/publication.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import { KERNEL_FUNCTIONS } from "../../engines/redis/kernel_functions.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import type { AppEvent } from "./event.ts";
import { EVENT_FUNCTIONS } from "./functions.ts";
import { Outbox } from "./outbox.ts";
import { EventKeys } from "./redis_keys.ts";
import { fieldsOf, RedisEventLog } from "./redis_log.ts";
import { type EventLog, type EventStore, MOST_UNWRITTEN, STREAM } from "./store.ts";

export class RedisEvents implements EventStore {
  readonly #redis: RedisStorage["redis"];
  readonly #keys: EventKeys;
  readonly #functions: Calls<typeof EVENT_FUNCTIONS>;
  readonly #append: Calls<typeof KERNEL_FUNCTIONS>["log"];
  readonly #outbox: Outbox<LogEntry>;
  readonly #onLost: (count: number) => void;

  /** @param onLost is told how many events were lost that Redis did not take */
  constructor({ redis, keys, functions }: RedisStorage, onLost: (count: number) => void) {
    this.#redis = redis;
    this.#onLost = onLost;
    this.#keys = new EventKeys(keys);
    this.#functions = functions.calls(EVENT_FUNCTIONS);
    this.#append = functions.calls(KERNEL_FUNCTIONS).log;
    this.#outbox = new Outbox<LogEntry>({
      write: (entries) => this.#write(entries),
      most: MOST_UNWRITTEN,
      onLost: ({ length }) => onLost(length),
    });
  }

  append(logs: readonly string[], event: AppEvent): Promise<void> {
    return this.#outbox.push(this.entryOf(logs, event));
  }

  entryOf(logs: readonly string[], event: AppEvent): LogEntry {
    return { streams: this.streamsOf(logs), fields: fieldsOf(event) };
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
  async #write(entries: readonly LogEntry[]): Promise<number> {
    const results = await Promise.all(entries.map((each) => this.#writeOne(each)));
    const failed = results.indexOf(false);
    if (failed === 0) throw new Error("Redis took none");
    return failed < 0 ? entries.length : failed;
  }

  /** Says whether Redis took an entry, or never will: where another program has broken one log, others go on. */
  async #writeOne({ streams, fields }: LogEntry): Promise<boolean> {
    try {
      await this.#append(streams, fields);
    } catch (error) {
      if (!isRefusedAlone(error)) return false;
      this.#onLost(1);
    }
    return true;
  }
}
