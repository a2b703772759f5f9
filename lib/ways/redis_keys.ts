/** The names in Redis of the ways by which other systems bring things in. */
import type { RedisKeys } from "../engines/redis/keys.ts";

export class WayKeys {
  /** The stream that other systems add notifications to. */
  readonly notifications: string;
  /** The stream of the entries that could not be read. */
  readonly deadNotifications: string;
  /** The number of the last mark. */
  readonly bridgeMark: string;
  /** The pub/sub channel on which bridges hear marks, that a mark is asked for, and that the lock was released. */
  readonly bridgeChannel: string;

  constructor({ prefix }: RedisKeys) {
    this.notifications = `${prefix}notifications`;
    this.deadNotifications = `${prefix}notifications-dead`;
    this.bridgeMark = `${prefix}bridge-mark`;
    this.bridgeChannel = `${prefix}bridge-events`;
  }
}
