/** The names of events in Redis. */
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { STREAM } from "./store.ts";

export class EventKeys {
  readonly #prefix: string;

  constructor(keys: RedisKeys) {
    this.#prefix = keys.prefix;
  }

  /** The stream of a log. */
  stream(log: string): string {
    return log === STREAM ? `${this.#prefix}events` : `${this.#prefix}events-log:${log}`;
  }

  /** The batch that an endpoint is being told: its id, its last entry, how many were dropped before it, and its time. */
  batch(log: string): string {
    return `${this.#prefix}events-batch:${log}`;
  }

  /** How many events were dropped that an endpoint has not been told of. */
  dropped(log: string): string {
    return `${this.#prefix}events-dropped:${log}`;
  }

  /** The node that tells an endpoint. */
  sender(log: string): string {
    return `${this.#prefix}events-sender:${log}`;
  }
}
