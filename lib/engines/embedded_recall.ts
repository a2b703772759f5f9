/** Finds what one user has published, in memory and in the file: a history is in one of the two. */
import type { UserId } from "../base/fields.ts";
import type { Channel } from "../core/channel.ts";
import type { Found, Recall } from "../core/recall.ts";
import type { MemoryBroker } from "./memory/broker.ts";
import type { SqliteRecall } from "./sqlite/history_recall.ts";

/** Where the file begins. */
const FILE = "0-0";

export class EmbeddedRecall implements Recall {
  readonly #memory: MemoryBroker;
  readonly #file: SqliteRecall;

  constructor(memory: MemoryBroker, file: SqliteRecall) {
    this.#memory = memory;
    this.#file = file;
  }

  async saidBy(site: string, user: UserId, kind: string, cursor?: string): Promise<Found> {
    if (cursor !== undefined) return await this.#file.saidBy(site, user, kind, cursor);
    return { said: this.#memory.saidBy(site, user, kind), next: FILE };
  }

  async unsay(channel: Channel, offsets: readonly number[]): Promise<void> {
    this.#memory.unsay(channel, offsets);
    await this.#file.unsay(channel, offsets);
  }
}
