/** The engine of many nodes: all state in one Redis. */
import { getLogger } from "@logtape/logtape";
import type { Redis } from "ioredis";
import type { RedisConfig } from "../config.ts";
import type { Engine, EngineHandler } from "../engine.ts";
import { NotifyliError } from "../errors.ts";
import { presenceEventFrame } from "../frames.ts";
import type { Retention } from "../retention.ts";
import { RedisApiKeys } from "./redis_api_keys.ts";
import { RedisBroker } from "./redis_broker.ts";
import { connectRedis, isMissingRight, readyWithin, unavailable } from "./redis_client.ts";
import { RedisInbox } from "./redis_inbox.ts";
import { RedisKeys } from "./redis_keys.ts";
import { Lease, type LeaseEntry } from "./redis_lease.ts";
import { RedisPresence } from "./redis_presence.ts";
import { RedisReceipts } from "./redis_receipts.ts";
import { RedisRevocations } from "./redis_revocations.ts";
import { RedisSchedule } from "./redis_schedule.ts";
import { loadScripts } from "./redis_scripts.ts";
import { warnOfLosses } from "./redis_settings.ts";

const log = getLogger(["notifyli", "redis"]);

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 2000;
/** After a Redis that was slow to answer while this node caught up with it. */
const RESTORED_AGAIN_AFTER_MS = 1000;

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
  /** A node is not ready before: who came to it while it catches up with Redis would be sent away again. */
  let isRestored = false;
  const keys = new RedisKeys(config.prefix);
  const onReady = () => void restore().catch(noteFailure);
  const redis = connectRedis(config, { name: options.name, onReady });
  const subscriber = connectRedis(config, { name: `${options.name}-subscriber`, onReady });
  for (const each of [redis, subscriber]) each.on("close", () => isRestored = false);
  const lease = new Lease(redis, keys, {
    leaseSeconds: config.leaseSeconds,
    onLost: tellRestored,
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

  /** Once both connections stand: takes a lease, then tells the node. */
  async function restore(): Promise<void> {
    if (handler === undefined || redis.status !== "ready" || subscriber.status !== "ready") return;
    await loadScripts(redis).catch(noteRefusal); // the first call that needs one says the rest
    await revocations.listen(); // before the node reads them, so that it misses none in between
    await lease.take();
    refusal = undefined;
    void warnOnce();
    tellRestored();
  }

  function tellRestored(): void {
    isRestored = true;
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

  let retry: ReturnType<typeof setTimeout> | undefined;
  /** Where the connection is lost again, the next one restores; where it only was slow, nothing else would. */
  function noteFailure(error: unknown): void {
    noteRefusal(error);
    const { options } = error instanceof NotifyliError ? error : unavailable(error);
    if (handler === undefined || !options.isAway) return; // the lease is tried again, and a missing right stays missing
    clearTimeout(retry);
    retry = setTimeout(onReady, RESTORED_AGAIN_AFTER_MS);
  }

  function noteRefusal(error: unknown): void {
    if (!isMissingRight(error)) return; // its connection or the lease has logged it
    refusal = unavailable(error).message;
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
      await restore().catch(noteFailure); // away, or refusing: it is tried again
    },
    async unready() {
      if (subscriber.status !== "ready") return "Redis cannot be reached";
      return await redis.ping().then(
        () =>
          refusal ?? lease.failure ?? (isRestored ? undefined : "Redis was away: not caught up"),
        () => "Redis cannot be reached",
      );
    },
    async [Symbol.asyncDispose]() {
      handler = undefined;
      clearTimeout(retry);
      await lease[Symbol.asyncDispose]();
      redis.disconnect();
      subscriber.disconnect();
    },
  };
}
