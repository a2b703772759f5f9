/** How much the histories in Redis take, and how they give up their oldest publications. */
import type { Channel } from "../../core/channel.ts";
import type { KeptHistories } from "../history_budget.ts";
import type { Calls } from "./functions.ts";
import { KERNEL_FUNCTIONS } from "./kernel_functions.ts";
import type { RedisKeys } from "./keys.ts";
import type { RedisLink } from "./link.ts";

/** Entries that one call looks at: Redis does nothing else meanwhile. */
const ENTRIES = 50;

export class RedisHistories implements KeptHistories {
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof KERNEL_FUNCTIONS>;

  constructor({ keys, functions }: RedisLink) {
    this.#keys = keys;
    this.#functions = functions.calls(KERNEL_FUNCTIONS);
  }

  async sizeOf(channel: Channel): Promise<number> {
    const history = [this.#keys.history(channel)];
    let all = 0;
    for (let after: number | null = 0; after !== null;) {
      const answer = await this.#functions.historySize(history, [after, ENTRIES]);
      const [bytes, last = null] = answer as [number, number | null];
      all += bytes;
      after = last;
    }
    return all;
  }

  async dropOldest(
    channel: Channel,
    bytes: number,
  ): Promise<{ dropped: number; bytes: number }> {
    const all = { dropped: 0, bytes: 0 };
    while (all.bytes < bytes) {
      const args = [Math.ceil(bytes - all.bytes), ENTRIES];
      const answer = await this.#functions.historyDrop([this.#keys.history(channel)], args);
      const [dropped, freed] = answer as [number, number];
      if (dropped === 0) break;
      all.dropped += dropped;
      all.bytes += freed;
    }
    return all;
  }
}
