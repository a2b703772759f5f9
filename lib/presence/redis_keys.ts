/** The names of who is online in Redis. */
import type { UserId } from "../base/fields.ts";
import type { RedisKeys } from "../engines/redis/keys.ts";

export class OnlineKeys {
  readonly #keys: RedisKeys;

  constructor(keys: RedisKeys) {
    this.#keys = keys;
  }

  /** The set of the leases of the nodes where a user has a connection. */
  online(site: string, user: UserId): string {
    return `${this.#keys.of(site)}online:${user}`;
  }

  /** The hash of what nodes know of a user, by lease, with when that counts no more; and when the user was there last. */
  parts(site: string, user: UserId): string {
    return `${this.#keys.of(site)}online-parts:${user}`;
  }

  /** The sorted set of users whose last connection is gone, by when they are offline, in Unix milliseconds. */
  get offline(): string {
    return `${this.#keys.prefix}offline`;
  }

  /** The sorted set of users who are online at one node less, by when what that node knew is forgotten. */
  get fewer(): string {
    return `${this.#keys.prefix}online-fewer`;
  }

  /** Is there once somebody has asked for the presence of users, with the time. */
  get asked(): string {
    return `${this.#keys.prefix}online-asked`;
  }

  /** The set of the leases of the nodes that follow it. */
  get nodes(): string {
    return `${this.#keys.prefix}online-nodes`;
  }

  /** The channel on which nodes hear that somebody has asked. */
  get calls(): string {
    return `${this.#keys.prefix}online-calls`;
  }
}
