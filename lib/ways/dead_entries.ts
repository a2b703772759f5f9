/** Keeps entries that cannot be read in a stream of their own, each with the reason, so that somebody can look at them. */
import { getLogger } from "@logtape/logtape";
import { reasonOf } from "../base/reason.ts";
import type { RedisStorage } from "../engines/storage.ts";
import { WayKeys } from "./redis_keys.ts";

const log = getLogger(["notifyli", "stream"]);

/** Most entries that are kept; the oldest go first. */
const MAX_DEAD = 10_000;

export class DeadEntries {
  readonly #storage: RedisStorage;
  readonly #stream: string;

  constructor(storage: RedisStorage) {
    this.#storage = storage;
    this.#stream = new WayKeys(storage.keys).deadNotifications;
  }

  /** Keeps an entry with its fields as they came. */
  async bury(entryId: string, values: readonly string[], error: unknown): Promise<void> {
    const stream = this.#stream;
    log.warn("entry {id} cannot be read and is put into {stream}", { id: entryId, stream });
    await this.#storage.redis.xadd(
      ...[stream, "MAXLEN", "~", MAX_DEAD, "*"] as const,
      ...["reason", reasonOf(error), "entry", entryId],
      ...values,
    );
  }
}
