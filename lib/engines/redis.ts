/** The engine of any number of nodes, which have all their state in one Redis. */
import { CodedError } from "../base/errors.ts";
import { reasonOf } from "../base/reason.ts";
import type { Engine, EngineHandler } from "../core/engine.ts";
import type { FanOut } from "../core/broker.ts";
import type { Counter } from "../core/metrics.ts";
import { every } from "../core/task.ts";
import { HistoryBudget, type HistoryLimits } from "./history_budget.ts";
import { RedisBroker } from "./redis/broker.ts";
import { RedisRecall } from "./redis/recall.ts";
import { connectRedis, endRedis, readyWithin, whyUnfit } from "./redis/client.ts";
import { isMissingCommand, isMissingRight } from "./redis/errors.ts";
import { RedisHistories } from "./redis/histories.ts";
import { Incarnation } from "./redis/incarnation.ts";
import { KeyTypes } from "./redis/key_types.ts";
import { KERNEL_FUNCTIONS } from "./redis/kernel_functions.ts";
import { MOVE_BEGUN, RedisKeys } from "./redis/keys.ts";
import { FunctionLibrary } from "./redis/library.ts";
import type { RedisLink } from "./redis/link.ts";
import { Restoration } from "./redis/restoration.ts";
import type { RedisConfig } from "./redis/settings.ts";
import type { RedisStorage, Stored } from "./storage.ts";

/** How long a start waits for Redis before it goes on without. */
const START_WAIT_MS = 2000;

/** How often the keys are looked at that all share. */
const LOOK_EVERY_MS = 5000;

const UNREACHABLE = "Redis cannot be reached";

export interface RedisEngineOptions {
  /** The name of the connections in Redis' `CLIENT LIST`. */
  readonly name: string;
  /** What all capabilities keep on this engine. */
  readonly stored: readonly Stored[];
  /** The bounds of the histories. @default no limits */
  readonly historyLimits?: HistoryLimits;
  /** Counts how often the node did not hear the others for a while. */
  readonly cutOff?: Counter;
}

export interface RedisEngine extends Engine, AsyncDisposable {
  readonly storage: RedisStorage;
}

/** Opens the engine, whether Redis can be reached or not. */
export function openRedis(config: RedisConfig, options: RedisEngineOptions): RedisEngine {
  let handler: EngineHandler | undefined;
  const link = connect(config, options);
  countCuts(link, options.cutOff);
  const restoration = new Restoration(link, config);
  const budget = options.historyLimits &&
    new HistoryBudget(options.historyLimits, new RedisHistories(link));
  const fanOut: FanOut = (...publication) => handler?.handlePublication(...publication);
  const broker = new RedisBroker(link, fanOut, budget);
  // What came before a cut reaches its connections before they are told of the cut.
  restoration.addHearing(() => broker.workedOff());
  return {
    broker,
    recall: new RedisRecall(link),
    // Its connections and its lease live on until the last client is gone.
    tasks: [every("look at Redis' keys", LOOK_EVERY_MS, async () => void await link.types.look())],
    storage: storageOf(link, restoration),
    async run(given) {
      await bothReadyWithin(link, START_WAIT_MS);
      await requireMovedWhole(link);
      handler = given;
      await restoration.begin(() => given.handleRestored());
    },
    unready: () => unready(link, restoration),
    async [Symbol.asyncDispose]() {
      handler = undefined;
      await budget?.[Symbol.asyncDispose]();
      await restoration[Symbol.asyncDispose]();
      await Promise.all([link.redis, link.subscriber].map(endRedis));
    },
  };
}

function connect(config: RedisConfig, { name, stored }: RedisEngineOptions): RedisLink {
  const redis = connectRedis(config, { name });
  const subscriber = connectRedis(config, { name: `${name}-subscriber` });
  const lists = stored.map(({ functions }) => functions).filter((list) => list !== undefined);
  const types = new KeyTypes(redis, config.prefix);
  const functions = new FunctionLibrary(redis, [KERNEL_FUNCTIONS, ...lists], types);
  const keys = new RedisKeys(config.prefix);
  const incarnation = new Incarnation({ redis, keys, functions });
  return { redis, subscriber, keys, types, functions, incarnation };
}

function countCuts({ subscriber }: RedisLink, cutOff?: Counter): void {
  let hears = false;
  subscriber.on("ready", () => hears = true);
  subscriber.on("close", () => {
    if (hears && cutOff !== undefined) cutOff.value++;
    hears = false;
  });
}

function storageOf(link: RedisLink, restoration: Restoration): RedisStorage {
  return {
    kind: "redis",
    ...link,
    lease: restoration.lease,
    beforeRestored: (hear) => restoration.addHearing(hear),
  };
}

async function bothReadyWithin({ redis, subscriber }: RedisLink, ms: number): Promise<void> {
  await Promise.all([redis, subscriber].map((each) => readyWithin(each, ms)));
}

/**
 * Rejects while a store that is moved here is not here whole: users would miss what is still to come, and the rest of the move would
 * take what this node writes meanwhile for its own. A Redis that is away is not asked.
 */
async function requireMovedWhole({ redis, keys }: RedisLink): Promise<void> {
  if (redis.status !== "ready") return;
  const state = await redis.hget(keys.migration, "state").catch(() => null);
  if (state !== MOVE_BEGUN) return;
  throw new CodedError(
    "unavailable",
    "A store is being moved to this Redis, and is not there whole: let notifyli migrate end",
  );
}

async function unready(link: RedisLink, restoration: Restoration): Promise<string | undefined> {
  const flaw = whyUnfit(link.redis) ?? whyUnfit(link.subscriber);
  if (flaw !== undefined) return `Cannot use this Redis: ${flaw}`;
  if (link.subscriber.status !== "ready") return UNREACHABLE;
  const isForbidden = (error: unknown) => isMissingRight(error) || isMissingCommand(error);
  const [flawOfKey, failure] = await Promise.all([
    link.types.look(),
    restoration.look().then(
      () => restoration.failure,
      (error) => isForbidden(error) ? restoration.failure ?? reasonOf(error) : UNREACHABLE,
    ),
  ]);
  if (failure === UNREACHABLE || flawOfKey === undefined) return failure;
  return `Cannot use this Redis: ${flawOfKey}`;
}
