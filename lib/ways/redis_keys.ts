/** The names in Redis of the ways by which other systems bring things in. */
import type { RedisKeys } from "../engines/redis/keys.ts";
import { refusedKey } from "../inbox/store/redis_keys.ts";

export class WayKeys {
  /** The stream of what was refused, each with the reason. */
  readonly refused: string;
  /** The number of the last mark. */
  readonly bridgeMark: string;
  /** The pub/sub channel on which bridges hear marks, that a mark is asked for, and that the lock was released. */
  readonly bridgeChannel: string;

  constructor(keys: RedisKeys) {
    const { prefix } = keys;
    this.refused = refusedKey(keys);
    this.bridgeMark = `${prefix}bridge-mark`;
    this.bridgeChannel = `${prefix}bridge-events`;
  }
}
