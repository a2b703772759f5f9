/** What `notifyli doctor` finds about Redis: whether it can be used, keeps what it is given, and has room. */
import type { Redis } from "ioredis";
import { reasonOf } from "../../base/reason.ts";
import { placeOf } from "../../engines/redis/address.ts";
import { lossesOf } from "../../engines/redis/losses.ts";
import type { RedisConfig } from "../../engines/redis/settings.ts";
import { compareClock, type Finding, findings } from "./finding.ts";

const WITHIN_MS = 3000;

/** From so much of its memory on, Redis is nearly full. */
const FULL_PART = 0.9;

type Found = ReturnType<typeof findings>;
type Info = ReadonlyMap<string, string>;

export async function lookAtRedis(config: RedisConfig | undefined): Promise<readonly Finding[]> {
  const found = findings("Redis");
  if (config === undefined) {
    found.note("not used (REDIS_URL is not set): the embedded store has all");
    return found.made;
  }
  const { connectRedis, endRedis, readyWithin, whyUnfit } = await import(
    "../../engines/redis/client.ts"
  );
  const redis = connectRedis(config, { name: "notifyli-doctor" });
  try {
    await readyWithin(redis, WITHIN_MS);
    const flaw = whyUnfit(redis);
    if (flaw !== undefined) {
      found.error(flaw, "give REDIS_URL of a Redis that can be used (docs/redis.md)");
    } else if (await isLoading(redis)) {
      found.warning("it still loads what it had", "wait until it is done");
    } else if (redis.status !== "ready") {
      found.error(
        `${placeOf(config)} cannot be reached, or does not let this user in`,
        "start it, and compare REDIS_URL with its address and password",
      );
    } else await examine(found, redis);
  } catch (error) {
    found.error(`it does not answer: ${reasonOf(error)}`, "look into its log");
  } finally {
    await endRedis(redis);
  }
  return found.made;
}

/** A Redis that loads lets its clients in, and does next to nothing for them: they are not ready until it has. */
async function isLoading(redis: Redis): Promise<boolean> {
  if (redis.status !== "connect") return false;
  return fieldsOf(await redis.info().catch(() => "")).get("loading") === "1";
}

async function examine(found: Found, redis: Redis): Promise<void> {
  const askedAt = Date.now();
  const [seconds = 0, micros = 0] = (await redis.time()).map(Number);
  const text = await redis.info().catch(() => "");
  const info = fieldsOf(text);
  found.ok(`version ${info.get("redis_version") ?? "unknown, since it may not be asked"}`);
  compareClock(found, seconds * 1000 + micros / 1000, Math.floor(askedAt / 1000) * 1000);
  for (const loss of lossesOf(text)) found.warning(loss, mendingOf(loss));
  lookAtPersistence(found, info);
  lookAtMemory(found, info);
  await lookAtPolicy(found, redis, info);
}

function mendingOf(loss: string): string {
  return loss.includes("maxmemory-policy")
    ? "redis-cli CONFIG SET maxmemory-policy noeviction && redis-cli CONFIG REWRITE"
    : "redis-cli CONFIG SET appendonly yes && redis-cli CONFIG REWRITE, on the running Redis";
}

function lookAtPersistence(found: Found, info: Info): void {
  for (const [field, what] of FAILED) {
    if (info.get(field) === "err") {
      found.error(`${what} failed`, "look into Redis' log: its disk may be full, or not its own");
    }
  }
}

const FAILED = [
  ["rdb_last_bgsave_status", "its last snapshot"],
  ["aof_last_write_status", "its last write to its log"],
  ["aof_last_bgrewrite_status", "the last rewrite of its log"],
] as const;

function lookAtMemory(found: Found, info: Info): void {
  const [most, used] = ["maxmemory", "used_memory"].map((name) => Number(info.get(name) ?? 0));
  if (!most || !used || used < most * FULL_PART) return;
  found.warning(
    `${Math.round(used / most * 100)} % of its memory is used: full, it takes nothing new`,
    "raise maxmemory, or keep less (APP_LIMIT_INBOX, APP_HISTORY; docs/limits.md)",
  );
}

/** Without `maxmemory` nothing is thrown away yet, until somebody sets it. */
async function lookAtPolicy(found: Found, redis: Redis, info: Info): Promise<void> {
  const policy = info.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && !(Number(info.get("maxmemory")) > 0)) {
    found.warning(
      `its maxmemory-policy is ${policy}: once somebody sets maxmemory, it throws away notifications`,
      mendingOf("maxmemory-policy"),
    );
  }
  const answer = await redis.config("GET", "client-output-buffer-limit").catch(() => undefined);
  const limits = /pubsub (\d+)/.exec(Array.isArray(answer) ? String(answer[1]) : "")?.[1];
  if (limits !== undefined && Number(limits) > 0 && Number(limits) < 32 * 1024 * 1024) {
    found.warning(
      `it cuts off who hears more than ${limits} bytes at once (client-output-buffer-limit pubsub)`,
      "redis-cli CONFIG SET client-output-buffer-limit 'pubsub 256mb 64mb 60' (docs/redis.md)",
    );
  }
}

function fieldsOf(text: string): Info {
  return new Map(
    text.split(/\r?\n/).map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
