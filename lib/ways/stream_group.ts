/**
 * A stream as nodes read it: through one consumer group, in which an entry stays until it is done with.
 * So the next reader begins with what a dead one left.
 */
import type { Redis } from "ioredis";
import { connectRedis, endRedis } from "../engines/redis/client.ts";
import type { RedisConfig } from "../engines/redis/settings.ts";
import type { RedisStorage } from "../engines/storage.ts";
import { STREAM_GROUP } from "../engines/redis/keys.ts";
import type { Entry } from "./stream_entry.ts";
import type { IncomingStream } from "./streams.ts";

const GROUP = STREAM_GROUP;
/** One name for all nodes: one of them reads at a time, and Redis would keep each node's own name for ever. */
const CONSUMER = "notifyli";
const BATCH = 200;
/** How long one read waits for entries: less than the turn lasts, and than a command may take. */
const BLOCK_MS = 1000;

export class StreamGroup {
  readonly #storage: RedisStorage;
  readonly #stream: string;
  /** A connection for reads alone, since they block. */
  readonly #redis: Redis;
  #isMade = false;

  constructor(
    storage: RedisStorage,
    config: RedisConfig,
    { way, connection }: Pick<IncomingStream, "way" | "connection">,
  ) {
    this.#storage = storage;
    this.#stream = storage.keys.stream(way);
    this.#redis = connectRedis(config, { name: `${config.connectionName}-${connection}` });
    this.#redis.on("ready", () => this.#isMade = false); // this may be another Redis, or an empty one
  }

  /** Whether the connection stands on which entries are read. */
  get isConnected(): boolean {
    return this.#redis.status === "ready";
  }

  /** Makes the group, unless it is there. */
  async make(): Promise<void> {
    if (this.#isMade) return;
    await this.#redis.xgroup("CREATE", this.#stream, GROUP, "0", "MKSTREAM").catch((error) => {
      if (!String(error).includes("BUSYGROUP")) throw error;
    });
    this.#isMade = true;
  }

  /** Notes an error of Redis, which may say that the group is gone. */
  noteFailure(error: unknown): void {
    if (String(error).includes("NOGROUP")) this.#isMade = false;
  }

  /** Entries that this reader or one before it was given and did not store. */
  async left(): Promise<Entry[]> {
    const [, entries] = await this.#redis.xautoclaim(
      ...[this.#stream, GROUP, CONSUMER, 0, "0", "COUNT", BATCH] as const,
    ) as [string, Entry[]];
    return entries;
  }

  /** Entries that no reader was given yet. Waits for them, but not for long. */
  async fresh(): Promise<Entry[]> {
    const answer = await this.#redis.xreadgroup(
      ...["GROUP", GROUP, CONSUMER, "COUNT", BATCH, "BLOCK", BLOCK_MS] as const,
      ...["STREAMS", this.#stream, ">"] as const,
    ) as [string, Entry[]][] | Record<string, Entry[]> | null;
    if (answer === null) return [];
    return Array.isArray(answer) ? answer[0]?.[1] ?? [] : Object.values(answer)[0] ?? [];
  }

  /** Takes entries out of the stream. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#storage.redis.multi()
      .xack(this.#stream, GROUP, ...ids).xdel(this.#stream, ...ids).exec();
  }

  /** Ends a read that waits, too. */
  async disconnect(): Promise<void> {
    await endRedis(this.#redis);
  }
}
