/**
 * The durable way in from Redis: other systems XADD notifications to a stream, and nodes read it through a consumer
 * group. An entry leaves the stream once it is stored, so nothing is lost while all nodes are down; an entry of a
 * node that died is taken over; one that cannot be read goes to a stream of its own, with the reason.
 * Next on a message's way: `node.ts`, `notify`.
 */
import { getLogger } from "@logtape/logtape";
import type { Redis } from "ioredis";
import type { Config } from "./config.ts";
import { DEFAULT_SITE } from "./engine.ts";
import type { RedisEngine } from "./engines/redis.ts";
import { connectRedis } from "./engines/redis_client.ts";
import { NotifyliError } from "./errors.ts";
import type { Fields } from "./fields.ts";
import type { Node } from "./node.ts";
import { parseNotification, timeOfText } from "./notification.ts";

const log = getLogger(["notifyli", "stream"]);

const GROUP = "notifyli";
const BATCH = 200;
/** How long one read waits for entries; shorter than a command may take. */
const BLOCK_MS = 2000;
/** An entry that a node has had for so long without storing it is another's. */
const TAKEN_OVER_AFTER_MS = 5000;
/** After a failure that is not an entry's. */
const PAUSE_MS = 500;
/** Entries kept of those that could not be read; the oldest go first. */
const MAX_DEAD = 10_000;

/** Fields that are times. */
const TIMES = new Set(["timestamp", "expires_at", "deliver_at"]);

type Entry = [id: string, fields: string[] | null];

/** Starts reading; disposing of it stops. */
export function startStreamReader(
  node: Node,
  engine: RedisEngine,
  config: Config,
): AsyncDisposable {
  if (config.redis === undefined) {
    throw new TypeError("The stream needs Redis in the configuration");
  }
  const reader = new StreamReader(
    node,
    engine,
    config,
    connectRedis(config.redis, {
      name: `${config.bot.name}-stream`,
    }),
  );
  const reading = reader.run();
  return {
    async [Symbol.asyncDispose]() {
      reader.stop();
      await reading;
    },
  };
}

class StreamReader {
  readonly #node: Node;
  readonly #engine: RedisEngine;
  readonly #config: Config;
  /** Reads block, so they have a connection of their own. */
  readonly #redis: Redis;
  readonly #consumer = crypto.randomUUID();
  readonly #stopping = new AbortController();
  #isGrouped = false;

  constructor(node: Node, engine: RedisEngine, config: Config, redis: Redis) {
    this.#node = node;
    this.#engine = engine;
    this.#config = config;
    this.#redis = redis;
    redis.on("ready", () => this.#isGrouped = false); // it may be another Redis, or an empty one
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#makeGroup();
        await this.#take(await this.#abandoned());
        await this.#take(await this.#fresh());
      } catch (error) {
        await this.#pauseAfter(error);
      }
    }
  }

  stop(): void {
    this.#stopping.abort();
    this.#redis.disconnect();
  }

  async #makeGroup(): Promise<void> {
    if (this.#isGrouped) return;
    const { notifications } = this.#engine.keys;
    await this.#redis.xgroup("CREATE", notifications, GROUP, "0", "MKSTREAM").catch((error) => {
      if (!String(error).includes("BUSYGROUP")) throw error;
    });
    this.#isGrouped = true;
  }

  /** Entries that another node was given and did not store. */
  async #abandoned(): Promise<Entry[]> {
    const { notifications } = this.#engine.keys;
    const [, entries] = await this.#redis.xautoclaim(
      ...[notifications, GROUP, this.#consumer] as const,
      ...[TAKEN_OVER_AFTER_MS, "0", "COUNT", BATCH] as const,
    ) as [string, Entry[]];
    return entries;
  }

  async #fresh(): Promise<Entry[]> {
    const answer = await this.#redis.xreadgroup(
      ...["GROUP", GROUP, this.#consumer, "COUNT", BATCH, "BLOCK", BLOCK_MS] as const,
      ...["STREAMS", this.#engine.keys.notifications, ">"] as const,
    ) as [string, Entry[]][] | Record<string, Entry[]> | null;
    if (answer === null) return [];
    return Array.isArray(answer) ? answer[0]?.[1] ?? [] : Object.values(answer)[0] ?? [];
  }

  /** Stores entries in their order; what Redis does not take now stays in the stream. */
  async #take(entries: readonly Entry[]): Promise<void> {
    const stored = await Promise.all(entries.map(([id, fields]) => this.#store(id, fields ?? [])));
    const done = entries.map(([id]) => id).filter((_, index) => stored[index]);
    if (done.length === 0) return;
    const { redis, keys: { notifications } } = this.#engine;
    await redis.multi().xack(notifications, GROUP, ...done).xdel(notifications, ...done).exec();
  }

  /** Says whether the entry is done with. */
  async #store(entryId: string, values: readonly string[]): Promise<boolean> {
    this.#node.counters.stream_received++;
    try {
      const { limits, bot } = this.#config;
      const notification = parseNotification(fieldsOf(values), { limits, defaultRoom: bot.room });
      // Read a second time, as after a crash between storing and XACK, it is the same notification.
      const id = notification.id ?? `entry-${entryId}`;
      await this.#node.notify({ site: DEFAULT_SITE, ...notification, id });
      this.#node.counters.stream_stored++;
      return true;
    } catch (error) {
      if (error instanceof NotifyliError && error.code === "unavailable") return false;
      await this.#bury(entryId, values, error);
      return true;
    }
  }

  async #bury(entryId: string, values: readonly string[], error: unknown): Promise<void> {
    const { redis, keys: { deadNotifications } } = this.#engine;
    const reason = error instanceof Error ? error.message : String(error);
    this.#node.counters.stream_refused++;
    log.warn("entry {id} cannot be read and is put into {stream}", {
      id: entryId,
      stream: deadNotifications,
    });
    await redis.xadd(
      ...[
        deadNotifications,
        "MAXLEN",
        "~",
        MAX_DEAD,
        "*",
        "reason",
        reason,
        "entry",
        entryId,
      ] as const,
      ...values,
    );
  }

  async #pauseAfter(error: unknown): Promise<void> {
    if (String(error).includes("NOGROUP")) this.#isGrouped = false;
    if (this.#stopping.signal.aborted) return;
    log.debug("the stream cannot be read: {reason}", { reason: String(error) });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      this.#stopping.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      }, { once: true });
    });
  }
}

/** Stream entries are text alone: times are numbers, and a `user_id` says what it is by itself. */
function fieldsOf(values: readonly string[]): Fields {
  const fields: Record<string, unknown> = {};
  for (let index = 0; index + 1 < values.length; index += 2) {
    const [name = "", value = ""] = values.slice(index, index + 2);
    fields[name] = TIMES.has(name) ? timeOfText(value) : value;
  }
  return fields;
}
