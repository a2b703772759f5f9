/** How long a node may be silent before others go on with what it has begun. */
import type { RedisConfig } from "./settings.ts";

/** In milliseconds. A file has one server: what that left behind is taken up at the start of the next one. */
const ALONE_MS = 15_000;

/** In milliseconds. @param redis `undefined` where there is no other node */
export function deadAfterMs(redis: Pick<RedisConfig, "leaseSeconds"> | undefined): number {
  return redis === undefined ? ALONE_MS : redis.leaseSeconds * 1000;
}
