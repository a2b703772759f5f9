/**
 * The durable way in from Redis: other systems XADD notifications to a stream. Nodes read it through a consumer group, one
 * node at a time, so that each user's notifications come in the stream's order. An entry leaves the stream once it is
 * stored, so nothing is lost while all nodes are down, and the next reader begins with what a dead one left. An entry that
 * cannot be read goes to a stream of its own, with the reason. Next on a message's way: `inbox/notify.ts`.
 */
import { getLogger } from "@logtape/logtape";
import type { Redis } from "ioredis";
import { pause } from "../base/clock.ts";
import type { Limits } from "../base/sizes.ts";
import type { StreamCounters } from "./metrics.ts";
import type { Notifier } from "../inbox/notify.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import type { RedisStorage } from "../engines/storage.ts";
import { WayKeys } from "./redis_keys.ts";
import { TurnLock } from "./turn_lock.ts";
import { connectRedis } from "../engines/redis/client.ts";
import { isMissingRight } from "../engines/redis/errors.ts";
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import { parseNotification, timeOfText } from "../inbox/notification.ts";

const log = getLogger(["notifyli", "stream"]);

const GROUP = "notifyli";
/** One name for all nodes: one of them reads at a time, and Redis would keep each node's own name for ever. */
const CONSUMER = "notifyli";
const BATCH = 200;
/** How long one read waits for entries: less than the turn lasts, and than a command may take. */
const BLOCK_MS = 1000;
/** How often the turn is renewed, and how often a node without the turn asks for it. */
const TURN_RENEWED_EVERY_MS = 500;
/** How long the reader waits after a failure that is not an entry's. */
const PAUSE_MS = 500;
/** Most entries that are kept of those that could not be read; the oldest go first. */
const MAX_DEAD = 10_000;

/** The fields that are times. */
const TIMES = new Set(["timestamp", "expires_at", "deliver_at"]);

type Entry = [id: string, fields: string[] | null];

/** What the reader needs of the server. */
export interface StreamReaderOptions {
  readonly redis: RedisConfig;
  readonly limits: Limits;
  readonly defaultRoom: string;
  readonly counters: StreamCounters;
}

/** Reads the stream for one run. It connects as soon as it is made. */
export class StreamReader {
  readonly #notifier: Notifier;
  readonly #storage: RedisStorage;
  readonly #keys: WayKeys;
  readonly #options: StreamReaderOptions;
  /** A connection for reads alone, since they block. */
  readonly #redis: Redis;
  readonly #turn: TurnLock;
  #stopping: AbortSignal = new AbortController().signal;
  #isGrouped = false;
  /** The rights that Redis said were missing. */
  readonly #missing = new Set<string>();

  constructor(notifier: Notifier, storage: RedisStorage, options: StreamReaderOptions) {
    this.#notifier = notifier;
    this.#storage = storage;
    this.#keys = new WayKeys(storage.keys);
    this.#options = options;
    this.#redis = connectRedis(options.redis, { name: `${options.redis.connectionName}-stream` });
    this.#turn = new TurnLock(storage, "stream");
    this.#redis.on("ready", () => this.#isGrouped = false); // this may be another Redis, or an empty one
  }

  /** Reads until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#stopping = signal;
    signal.addEventListener("abort", () => this.#redis.disconnect());
    const renewal = setInterval(() => {
      if (this.#turn.isHeld) this.#turn.hold().catch(() => {}); // the loop asks again
    }, TURN_RENEWED_EVERY_MS);
    while (!this.#stopping.aborted) {
      try {
        if (!this.#turn.isHeld && !(await this.#turn.hold()).isHeld) {
          await this.#pause(TURN_RENEWED_EVERY_MS);
          continue;
        }
        await this.#makeGroup();
        const left = await this.#left();
        await this.#take(left.length > 0 ? left : await this.#fresh());
      } catch (error) {
        await this.#pauseAfter(error);
      }
    }
    clearInterval(renewal);
    await this.#turn.release();
  }

  async #makeGroup(): Promise<void> {
    if (this.#isGrouped) return;
    const { notifications } = this.#keys;
    await this.#redis.xgroup("CREATE", notifications, GROUP, "0", "MKSTREAM").catch((error) => {
      if (!String(error).includes("BUSYGROUP")) throw error;
    });
    this.#isGrouped = true;
  }

  /** Entries that this reader or one before it was given and did not store. */
  async #left(): Promise<Entry[]> {
    const { notifications } = this.#keys;
    const [, entries] = await this.#redis.xautoclaim(
      ...[notifications, GROUP, CONSUMER, 0, "0", "COUNT", BATCH] as const,
    ) as [string, Entry[]];
    return entries;
  }

  async #fresh(): Promise<Entry[]> {
    const answer = await this.#redis.xreadgroup(
      ...["GROUP", GROUP, CONSUMER, "COUNT", BATCH, "BLOCK", BLOCK_MS] as const,
      ...["STREAMS", this.#keys.notifications, ">"] as const,
    ) as [string, Entry[]][] | Record<string, Entry[]> | null;
    if (answer === null) return [];
    return Array.isArray(answer) ? answer[0]?.[1] ?? [] : Object.values(answer)[0] ?? [];
  }

  /** Stores each user's entries in their order. What Redis does not take now stays in the stream. */
  async #take(entries: readonly Entry[]): Promise<void> {
    const users = Map.groupBy(entries, ([, values]) => fieldsOf(values ?? [])["user_id"]);
    const stored = await Promise.all([...users.values()].map((each) => this.#storeInOrder(each)));
    const done = stored.flat();
    const [{ redis }, { notifications }] = [this.#storage, this.#keys];
    if (done.length > 0) {
      await redis.multi().xack(notifications, GROUP, ...done).xdel(notifications, ...done).exec();
    }
    if (done.length < entries.length) {
      throw new Error(`${entries.length - done.length} entries could not be stored`);
    }
  }

  /** Stores one user's entries up to the first that is not taken. Resolves with the ids of those that are done with. */
  async #storeInOrder(entries: readonly Entry[]): Promise<string[]> {
    const done: string[] = [];
    for (const [id, values] of entries) {
      if (!await this.#store(id, values ?? [])) break;
      done.push(id);
    }
    return done;
  }

  /** Says whether the entry is done with. */
  async #store(entryId: string, values: readonly string[]): Promise<boolean> {
    this.#options.counters.received.value++;
    try {
      const notification = parseNotification(fieldsOf(values), this.#options);
      // Under this id an entry that is read twice, as after a crash between storing and XACK, is one notification.
      const id = notification.id ?? `entry-${entryId}`;
      const { holder } = this.#turn;
      const claim = { way: "stream", holder, progress: entryId.replace("-", ":") } as const;
      await this.#notifier.notify({ site: DEFAULT_SITE, ...notification, id, claim });
      this.#options.counters.stored.value++;
      return true;
    } catch (error) {
      if (error instanceof CodedError && error.code === "unavailable") return false;
      await this.#bury(entryId, values, error);
      return true;
    }
  }

  async #bury(entryId: string, values: readonly string[], error: unknown): Promise<void> {
    const [{ redis }, { deadNotifications }] = [this.#storage, this.#keys];
    const reason = reasonOf(error);
    this.#options.counters.refused.value++;
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
    if (this.#stopping.aborted) return;
    if (isMissingRight(error)) this.#noteMissingRight(error.message);
    log.debug("the stream cannot be read: {reason}", { reason: String(error) });
    await this.#pause(PAUSE_MS);
  }

  /** Logs each missing right once, although the stream is tried twice a second. */
  #noteMissingRight(reason: string): void {
    if (this.#missing.has(reason)) return;
    this.#missing.add(reason);
    log.error("the stream cannot be read: {reason}; see docs/redis.md, Rights", { reason });
  }

  #pause(ms: number): Promise<void> {
    return pause(ms, this.#stopping);
  }
}

/** Reads the fields of an entry, which are all text. Times become numbers; a `user_id` is understood as text, too. */
function fieldsOf(values: readonly string[]): Fields {
  const fields: Record<string, unknown> = {};
  for (let index = 0; index + 1 < values.length; index += 2) {
    const [name = "", value = ""] = values.slice(index, index + 2);
    fields[name] = TIMES.has(name) ? timeOfText(value) : value;
  }
  return fields;
}
