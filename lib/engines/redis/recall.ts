/** Finds what one user has published in the histories in Redis, and takes it back. */
import type { Redis } from "ioredis";
import type { UserId } from "../../base/fields.ts";
import type { Channel } from "../../core/channel.ts";
import { encodeContent } from "../../core/publication.ts";
import { type Found, type Recall, type Said, UNSAID } from "../../core/recall.ts";
import { throwUnavailable } from "./errors.ts";
import type { Calls } from "./functions.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";
import { fromEntry } from "./publication_text.ts";

/** How many names, and how many entries, one call looks at: Redis does nothing else meanwhile. */
const AT_ONCE = 500;

/** Stands for the name of any channel. */
const ANY = "\n";

export class RedisRecall implements Recall {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof KERNEL_FUNCTIONS>;

  constructor({ redis, keys, functions }: RedisLink) {
    this.#redis = redis;
    this.#keys = keys;
    this.#functions = functions.calls(KERNEL_FUNCTIONS);
  }

  /** A cursor is that of `SCAN`: a history that comes or goes meanwhile may be found or not. */
  async saidBy(site: string, user: UserId, kind: string, cursor = "0"): Promise<Found> {
    const [start = "", end = ""] = this.#keys.history({ site, kind, name: ANY }).split(ANY);
    const pattern = `${start.replaceAll(/[\\*?[\]]/g, "\\$&")}*${end}`;
    const [next, names] = await this.#redis.scan(cursor, "MATCH", pattern, "COUNT", AT_ONCE)
      .catch(throwUnavailable);
    const said: Said[] = [];
    for (const key of new Set(names)) {
      const name = key.slice(start.length, key.length - end.length);
      said.push(...await this.#saidIn({ site, kind, name }, user));
    }
    return next === "0" ? { said } : { said, next };
  }

  async unsay(channel: Channel, offsets: readonly number[]): Promise<void> {
    await this.#functions.historyUnsay([this.#keys.history(channel)], [
      encodeContent(UNSAID),
      ...offsets,
    ]);
  }

  async #saidIn(channel: Channel, user: UserId): Promise<Said[]> {
    const said: Said[] = [];
    for (let after = "-";;) {
      const entries = await this.#redis
        .xrange(this.#keys.history(channel), after, "+", "COUNT", AT_ONCE)
        .catch(throwUnavailable);
      for (const entry of entries) {
        const kept = fromEntry(entry);
        if (kept.publication.from?.user === user) said.push({ channel, ...kept });
      }
      const last = entries.at(-1)?.[0];
      if (last === undefined || entries.length < AT_ONCE) return said;
      after = `(${last}`;
    }
  }
}
