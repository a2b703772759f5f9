/** The names in Redis by which other systems bring things in. */
import type { RedisKeys } from "../engines/redis/keys.ts";

export class WayKeys {
  /** Stream that other systems add notifications to. */
  readonly notifications: string;
  /** Stream of the entries that could not be read. */
  readonly deadNotifications: string;
  /** Number of the last mark. */
  readonly bridgeMark: string;
  /** Pub/sub channel on which bridges hear marks, that one is asked for, and that the lock was released. */
  readonly bridgeChannel: string;

  constructor({ prefix }: RedisKeys) {
    this.notifications = `${prefix}notifications`;
    this.deadNotifications = `${prefix}notifications-dead`;
    this.bridgeMark = `${prefix}bridge-mark`;
    this.bridgeChannel = `${prefix}bridge-events`;
  }
}
