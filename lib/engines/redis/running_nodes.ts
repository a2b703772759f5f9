/** Whether nodes run on a Redis, for commands before which they have to be stopped. */
import type { Redis } from "ioredis";
import { CodedError } from "../../base/errors.ts";
import type { RedisKeys } from "./keys.ts";

/** Rejects where a node runs there. */
export async function requireNoNodes(redis: Redis, keys: RedisKeys): Promise<void> {
  const [seconds = 0] = await redis.time();
  const nodes = await redis.zcount(keys.leases, seconds * 1000, "+inf");
  if (nodes === 0) return;
  throw new CodedError(
    "unavailable",
    nodes === 1
      ? "1 node runs on this Redis: stop it first"
      : `${nodes} nodes run on this Redis: stop them first`,
  );
}
