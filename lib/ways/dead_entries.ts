/** Keeps aside what was refused and no sender was told of, each with the reason, so that somebody can look at it. */
import { getLogger } from "@logtape/logtape";
import { reasonOf } from "../base/reason.ts";
import { BurstLog } from "../core/burst_log.ts";
import { unconfirmed } from "../engines/redis/errors.ts";
import type { RedisStorage } from "../engines/storage.ts";
import { MOST_REFUSED } from "../inbox/store/redis_keys.ts";
import { WayKeys } from "./redis_keys.ts";

const log = getLogger(["notifyli", "ways"]);

/** Of a longer payload so many UTF-16 units are kept. */
const PAYLOAD_LIMIT = 65_536;

export class DeadEntries implements Disposable {
  readonly #storage: RedisStorage;
  readonly #stream: string;
  readonly #lines = new BurstLog((what, count) =>
    log.warn("{count} more: {what}", { count, what })
  );

  constructor(storage: RedisStorage) {
    this.#storage = storage;
    this.#stream = new WayKeys(storage.keys).refused;
  }

  /** Logs a refusal, or counts it for the log where there are many: whoever may publish may publish any number. */
  noteRefused(what: string, write: () => void): void {
    this.#lines.line(what, write);
  }

  /** Writes what is not written yet. */
  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]();
  }

  /** Keeps an entry of the stream, with its fields as they came. Rejects where Redis is away. */
  async buryEntry(id: string, values: readonly string[], error: unknown): Promise<void> {
    await this.#bury(`entry ${id}`, error, ["entry", id, ...values]);
  }

  /** Keeps a payload that was published. Rejects where Redis is away. */
  async buryPayload(payload: string, error: unknown): Promise<void> {
    await this.#bury("a payload", error, ["payload", payload.slice(0, PAYLOAD_LIMIT)]);
  }

  /** A stream that Redis does not take it into holds up nobody: what cannot be kept there is logged. */
  async #bury(what: string, error: unknown, fields: readonly string[]): Promise<void> {
    const stream = this.#stream;
    try {
      await this.#storage.redis.xadd(
        ...[stream, "MAXLEN", "~", MOST_REFUSED, "*"] as const,
        ...["reason", reasonOf(error)],
        ...fields,
      );
    } catch (cause) {
      const { message, options } = unconfirmed(cause);
      if (options.isAway) throw cause;
      this.#lines.line("what is refused cannot be kept", () => {
        log.error("{what} cannot be kept in {stream}: {reason}", { what, stream, reason: message });
      });
    }
  }
}
