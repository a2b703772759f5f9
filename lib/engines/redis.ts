/** The engine of any number of nodes, which have all their state in one Redis. */
import { getLogger } from "@logtape/logtape";
import type { Engine, EngineHandler } from "../core/engine.ts";
import { RedisBroker } from "./redis/broker.ts";
import { connectRedis, readyWithin } from "./redis/client.ts";
import { isMissingRight, unavailable } from "./redis/errors.ts";
import { KERNEL_FUNCTIONS } from "./redis/kernel_functions.ts";
import { RedisKeys } from "./redis/keys.ts";
import { Lease } from "./redis/lease.ts";
import { FunctionLibrary } from "./redis/library.ts";
import type { RedisLink } from "./redis/link.ts";
import type { RedisConfig } from "./redis/settings.ts";
import { warnOfLosses } from "./redis/losses.ts";
import type { RedisStorage, Stored } from "./storage.ts";

const log = getLogger(["notifyli", "redis"]);

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 2000;

/** How soon a restoration is tried again that failed although the connections stand. */
const RESTORE_AGAIN_MS = 1000;

const NOT_RESTORED = "Redis is back, and this node does not hear all of it yet";

export interface RedisEngineOptions {
  /** The name of the connections in Redis' `CLIENT LIST`. */
  readonly name: string;
  /** What all capabilities keep on this engine. */
  readonly stored: readonly Stored[];
}

export interface RedisEngine extends Engine, AsyncDisposable {
  readonly storage: RedisStorage;
}

/** Opens the engine, whether Redis can be reached or not. */
export function openRedis(config: RedisConfig, { name, stored }: RedisEngineOptions): RedisEngine {
  let handler: EngineHandler | undefined;
  const onReady = () => void restore();
  const redis = connectRedis(config, { name, onReady });
  const subscriber = connectRedis(config, { name: `${name}-subscriber`, onReady });
  const lists = stored.map(({ functions }) => functions).filter((list) => list !== undefined);
  const functions = new FunctionLibrary(redis, [KERNEL_FUNCTIONS, ...lists]);
  const link: RedisLink = { redis, subscriber, keys: new RedisKeys(config.prefix), functions };
  const lease = new Lease(link, { leaseSeconds: config.leaseSeconds, onLost: tell });
  const broker = new RedisBroker(
    link,
    (...publication) => handler?.handlePublication(...publication),
  );

  /** The steps of `beforeRestored`, in order. */
  const hearings: (() => Promise<void>)[] = [];
  /** Whether all of these are done on the connections that stand now. */
  let hearsAll = false;
  /** Whether the node was told that it can restore, since the connections stand. */
  let isRestored = false;
  /** The number of the current restoration. Whatever an earlier one does after an `await` is out of date. */
  let restorations = 0;
  let again: ReturnType<typeof setTimeout> | undefined;

  /** Once both connections stand, takes the steps and a lease, then tells the node. */
  async function restore(): Promise<void> {
    const restoration = ++restorations;
    hearsAll = isRestored = false;
    clearTimeout(again);
    if (handler === undefined || redis.status !== "ready" || subscriber.status !== "ready") return;
    await functions.load().catch(noteRefusal); // other failures show in the first call of a function
    try {
      for (const hear of hearings) await hear();
      if (restoration === restorations) hearsAll = true;
    } catch (error) {
      noteRefusal(error);
      // A lost connection begins another restoration by itself; a Redis that was busy for too long does not.
      if (restoration === restorations) again = setTimeout(onReady, RESTORE_AGAIN_MS);
      return;
    }
    await lease.take().then(() => restoration === restorations && tell(), noteRefusal); // a refused lease tries again
  }

  function tell(): void {
    if (!hearsAll) return; // the restoration under way will tell
    refusal = undefined;
    isRestored = true;
    void warnOnce();
    handler?.handleRestored();
  }

  /** Whether losses were warned of. The warning comes once, since nobody reads one that comes often. */
  let isWarned = false;
  /** The right that this server lacks in Redis, if that is why it is not ready. */
  let refusal: string | undefined;
  async function warnOnce(): Promise<void> {
    if (isWarned) return;
    isWarned = true;
    await warnOfLosses(redis);
  }

  function noteRefusal(error: unknown): void {
    if (!isMissingRight(error)) return; // the connection or the lease has logged other failures
    const { message } = unavailable(error);
    if (message === refusal) return;
    refusal = message;
    log.error("{refusal}: see docs/redis.md, Rights", { refusal });
  }

  return {
    broker,
    tasks: [], // its connections and its lease live on until the last client is gone
    storage: {
      kind: "redis",
      ...link,
      lease,
      beforeRestored: (hear) => void hearings.push(hear),
    },
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
