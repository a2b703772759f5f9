/** The Redis that a store is moved to: whether it may be, and which run this is. */
import type { Redis } from "ioredis";
import { CodedError } from "../../base/errors.ts";
import { connectRedis, endRedis, readyWithin, whyUnfit } from "../redis/client.ts";
import { isMadeByNodes } from "../redis/key_types.ts";
import { MOVE_BEGUN, RedisKeys } from "../redis/keys.ts";
import { requireNoNodes } from "../redis/running_nodes.ts";
import type { RedisConfig } from "../redis/settings.ts";

const CONNECT_WITHIN_MS = 5000;

/** How many keys are named of a Redis that has some already. */
const NAMED = 3;

export interface RedisTarget extends AsyncDisposable {
  readonly redis: Redis;
  readonly keys: RedisKeys;
  /** Whether Redis had nothing before the first run. */
  readonly isFresh: boolean;
  /** Whether an earlier run has moved all: nothing is written any more, since nodes may have run here since. */
  readonly isDone: boolean;
  /** Notes that the store is being moved here. */
  begin(): Promise<void>;
  /** All is moved. */
  done(): Promise<void>;
}

/**
 * Looks, and writes nothing. Rejects where Redis cannot be used, a node runs on it, or it has something that is not of an earlier run.
 *
 * @param source the id of the store that is moved
 */
export async function openRedisTarget(
  config: RedisConfig,
  { source, isIntoExisting }: { readonly source: string; readonly isIntoExisting: boolean },
): Promise<RedisTarget> {
  const redis = connectRedis(config, { name: "notifyli-migrate" });
  const close = async () => await endRedis(redis);
  try {
    await readyWithin(redis, CONNECT_WITHIN_MS);
    const flaw = whyUnfit(redis) ??
      (redis.status === "ready" ? undefined : "it cannot be reached");
    if (flaw !== undefined) throw new CodedError("unavailable", `Cannot use this Redis: ${flaw}`);
    const keys = new RedisKeys(config.prefix);
    const mark = await redis.hgetall(keys.migration);
    const isDone = mark["source"] === source && mark["state"] === "done";
    if (!isDone) await requireNoNodes(redis, keys);
    const isBegun = mark["source"] === source && mark["state"] === MOVE_BEGUN;
    const isFresh = isBegun
      ? mark["fresh"] === "1"
      : !isDone && await isEmpty(redis, keys, isIntoExisting);
    return {
      ...{ redis, keys, isFresh, isDone },
      async begin() {
        if (isBegun || isDone) return;
        await redis.hset(keys.migration, { source, state: MOVE_BEGUN, fresh: isFresh ? "1" : "0" });
      },
      done: async () => void await redis.hset(keys.migration, "state", "done"),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether Redis has nothing. Rejects where it has something, and may not. */
async function isEmpty(
  redis: Redis,
  keys: RedisKeys,
  isIntoExisting: boolean,
): Promise<boolean> {
  const found = await keysIn(redis, keys);
  if (found.length === 0 || isIntoExisting) return found.length === 0;
  throw new CodedError(
    "unavailable",
    `Redis has something already, such as ${found.slice(0, NAMED).join(", ")}: ` +
      "--into-existing leaves that as it is, and brings what is missing",
  );
}

/** Some keys, but for those that say nothing of users. */
async function keysIn(redis: Redis, keys: RedisKeys): Promise<string[]> {
  const pattern = `${keys.prefix.replaceAll(/[\\*?[\]]/g, "\\$&")}*`;
  const found = new Set<string>();
  let cursor = "0";
  do {
    const [next, page] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 1000);
    for (const key of page) {
      if (key !== keys.migration && !isMadeByNodes(key, keys.prefix)) found.add(key);
    }
    cursor = next;
  } while (cursor !== "0" && found.size < NAMED);
  return [...found].sort();
}
