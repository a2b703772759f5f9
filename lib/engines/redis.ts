/** The engine of many nodes: all state in one Redis. */
import { getLogger } from "@logtape/logtape";
import type { Redis } from "ioredis";
import type { RedisConfig } from "../config/config.ts";
import type { Engine, EngineHandler } from "./engine.ts";
import { presenceEventFrame } from "../protocols/frames.ts";
import type { Retention } from "../inbox/retention.ts";
import { RedisApiKeys } from "../auth/keys/redis.ts";
import { RedisBroker } from "./redis/broker.ts";
import { connectRedis, readyWithin } from "./redis/client.ts";
import { isMissingRight, unavailable } from "./redis/errors.ts";
import { RedisInbox } from "../inbox/store/redis_inbox.ts";
import { RedisKeys } from "./redis/keys.ts";
import { Lease, type LeaseEntry } from "./redis/lease.ts";
import { RedisPresence } from "../rooms/store/redis.ts";
import { RedisReceipts } from "../inbox/store/redis_receipts.ts";
import { RedisRevocations } from "../auth/revocations/redis.ts";
import { RedisSchedule } from "../inbox/store/redis_schedule.ts";
import { loadScripts } from "./redis/functions.ts";
import { warnOfLosses } from "./redis/losses.ts";

const log = getLogger(["notifyli", "redis"]);

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 2000;

/** How soon what a new connection needs is tried again, where the connection stands and Redis did not do it. */
const RESTORE_AGAIN_MS = 1000;

const NOT_RESTORED = "Redis is back, and this node does not hear all of it yet";

export interface RedisEngineOptions {
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  readonly retention: Retention;
  /**
   * Whether a log is kept of what is delivered and read.
   * @default false
   */
  readonly keepsReceipts?: boolean;
}

export interface RedisEngine extends Engine {
  /** For what else runs on this Redis: the bridge. */
  readonly redis: Redis;
  readonly keys: RedisKeys;
}

/** Opens the engine, whether Redis can be reached or not. */
export function openRedis(config: RedisConfig, options: RedisEngineOptions): RedisEngine {
  let handler: EngineHandler | undefined;
  const keys = new RedisKeys(config.prefix);
  const onReady = () => void restore();
  const redis = connectRedis(config, { name: options.name, onReady });
  const subscriber = connectRedis(config, { name: `${options.name}-subscriber`, onReady });
  const lease = new Lease(redis, keys, {
    leaseSeconds: config.leaseSeconds,
    onLost: tell,
    onGone: publishLeave,
  });
  const broker = new RedisBroker(
    redis,
    subscriber,
    keys,
    (...publication) => handler?.handlePublication(...publication),
  );

  const revocations = new RedisRevocations(
    redis,
    subscriber,
    keys,
    (change) => handler?.handleAccess(change),
  );

  /** Whether this node hears of what is revoked, and was told that it is back, since the connections stand. */
  let hearsRevocations = false;
  let isRestored = false;
  /** Of which the last one counts: each begins with connections of its own. */
  let restorations = 0;
  let again: ReturnType<typeof setTimeout> | undefined;

  /** Once both connections stand: takes a lease, then tells the node. */
  async function restore(): Promise<void> {
    const restoration = ++restorations;
    hearsRevocations = isRestored = false;
    clearTimeout(again);
    if (handler === undefined || redis.status !== "ready" || subscriber.status !== "ready") return;
    await loadScripts(redis).catch(noteRefusal); // the first call that needs one says the rest
    try {
      await revocations.listen(); // before the node reads them, so that it misses none in between
      if (restoration === restorations) hearsRevocations = true;
    } catch (error) {
      noteRefusal(error);
      // Where a connection was lost, another one begins; where Redis was busy for too long, none does.
      if (restoration === restorations) again = setTimeout(onReady, RESTORE_AGAIN_MS);
      return;
    }
    await lease.take().then(() => restoration === restorations && tell(), noteRefusal); // else at a later tick
  }

  function tell(): void {
    if (!hearsRevocations) return; // by and by
    refusal = undefined;
    isRestored = true;
    void warnOnce();
    handler?.handleRestored();
  }

  /** Not at every reconnection: a warning that comes often is not read. */
  let isWarned = false;
  /** What Redis does not let this server do, if that is why it is not ready. */
  let refusal: string | undefined;
  async function warnOnce(): Promise<void> {
    if (isWarned) return;
    isWarned = true;
    await warnOfLosses(redis);
  }

  function noteRefusal(error: unknown): void {
    if (!isMissingRight(error)) return; // its connection or the lease has logged it
    const { message } = unavailable(error);
    if (message === refusal) return;
    refusal = message;
    log.error("{refusal}: see docs/redis.md, Rights", { refusal });
  }

  function publishLeave({ site, room, user }: LeaseEntry): void {
    const text = presenceEventFrame("leave", { room, user, name: user });
    broker.publish({ site, kind: "room", name: room }, { kind: "leave", id: "-", room, text })
      .catch(() => {}); // watchers see it when they ask again
  }

  return {
    name: "redis",
    redis,
    keys,
    broker,
    presence: new RedisPresence(redis, keys, lease),
    inbox: new RedisInbox(redis, keys, options),
    receipts: options.keepsReceipts ? new RedisReceipts(redis, keys) : undefined,
    schedule: new RedisSchedule(redis, keys, options.retention),
    apiKeys: new RedisApiKeys(redis, keys),
    revocations,
    async run(given) {
      await Promise.all([redis, subscriber].map((each) => readyWithin(each, START_WAIT_MS)));
      handler = given;
      await restore();
    },
    async unready() {
      if (subscriber.status !== "ready") return "Redis cannot be reached";
      return await redis.ping().then(
        () => refusal ?? lease.failure ?? (isRestored ? undefined : NOT_RESTORED),
        () => "Redis cannot be reached",
      );
    },
    async [Symbol.asyncDispose]() {
      handler = undefined;
      clearTimeout(again);
      await lease[Symbol.asyncDispose]();
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}
