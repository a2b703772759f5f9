/** The names of events in Redis. */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import { STREAM } from "./store.ts";

export class EventKeys {
  readonly #keys: RedisKeys;
  readonly #prefix: string;

  constructor(keys: RedisKeys) {
    this.#keys = keys;
    this.#prefix = keys.prefix;
  }

  /** The set of the leases of the nodes where a user has a connection. */
  online(site: string, user: UserId): string {
    return `${this.#keys.of(site)}online:${user}`;
  }

  /** The sorted set of users whose last connection is gone, by when they are offline, in Unix milliseconds. */
  get offline(): string {
    return `${this.#prefix}offline`;
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
