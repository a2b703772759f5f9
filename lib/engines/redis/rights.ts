/**
 * The commands that a server runs in Redis, which an access control list has to allow: the list of `docs/redis.md`, Rights.
 * `fcall` and `function|load` are not among them, since without them Redis cannot be asked.
 */
import { userChannel } from "../../core/channel.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { RedisLink } from "./link.ts";

const CONNECTION = "ping info multi exec publish subscribe";
const KEYS = "time get set del exists incr expire pexpire pexpireat pexpiretime pttl";
const HASHES = "hget hmget hgetall hvals hexists hset hsetnx hdel hincrby";
const SETS = "sadd srem srandmember zadd zrem zcard zscore zrange zrangebyscore zrevrangebyscore";
const STREAMS = "xadd xdel xtrim xrange xack xautoclaim xreadgroup xgroup|create";

/** Without one of these something is refused or lost. */
export const NEEDED: readonly string[] = [CONNECTION, KEYS, HASHES, SETS, STREAMS].join(" ")
  .split(" ");

/** Without one of these all is delivered, and something else is missing: a database, a name, a count or a line in the log. */
export const USEFUL: readonly string[] =
  "type select client|setname unsubscribe pubsub|numsub hlen hscan xlen xrevrange".split(" ");

/** Commands that this server may not run in Redis. */
export interface Lacking {
  readonly forbidden: readonly string[];
  /** Those that Redis does not know, since they were renamed. */
  readonly unknown: readonly string[];
}

/** Asks Redis. Rejects where it does not answer, or where the server may not even ask. */
export async function lackingRights({ functions, keys }: RedisLink): Promise<Lacking> {
  const channel = keys.channel(userChannel(DEFAULT_SITE, "0"));
  const commands = [...NEEDED, ...USEFUL].map((each) => each.replace("|", " "));
  const [forbidden = [], unknown = []] = await functions.calls(KERNEL_FUNCTIONS).rights(
    [keys.leases],
    [channel, ...commands],
  ) as string[][];
  const named = (list: readonly string[]) => list.map((each) => each.replace(" ", "|"));
  return { forbidden: named(forbidden), unknown: named(unknown) };
}
