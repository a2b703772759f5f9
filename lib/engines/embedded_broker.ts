/** The broker of a single node. Histories are in memory; those that must outlive the server are in the SQLite file. */
import type { Broker } from "../core/broker.ts";
import type { Channel } from "../core/channel.ts";
import type { History, HistoryOptions, Publication, Published } from "../core/publication.ts";
import type { MemoryBroker } from "./memory/broker.ts";
import type { SqliteHistory } from "./sqlite/history.ts";

export class EmbeddedBroker implements Broker {
  readonly #memory: MemoryBroker;
  readonly #file: SqliteHistory;

  constructor(memory: MemoryBroker, file: SqliteHistory) {
    this.#memory = memory;
    this.#file = file;
  }

  subscribe(channel: Channel): Promise<void> {
    return this.#memory.subscribe(channel);
  }

  unsubscribe(channel: Channel): Promise<void> {
    return this.#memory.unsubscribe(channel);
  }

  publish(
    channel: Channel,
    publication: Publication,
    history?: HistoryOptions,
  ): Promise<Published | undefined> | Published | undefined {
    if (history?.persistent && history.size > 0) {
      return this.#file.publish(channel, publication, history);
    }
    const before = history === undefined
      ? this.#file.underWay(channel)?.catch(() => {}) // a join or leave must not overtake a message
      : this.#file.has(channel)
      ? this.#file.forget(channel) // the channel is not persistent any more: its old history would have a gap
      : undefined;
    if (before === undefined) return this.#memory.publish(channel, publication, history);
    return before.then(() => this.#memory.publish(channel, publication, history));
  }

  forward(channel: Channel, publication: Publication): Promise<boolean> {
    return this.#memory.forward(channel, publication);
  }

  /** What is in memory has been fanned out already. */
  async caughtUp(channel: Channel): Promise<void> {
    await this.#file.underWay(channel)?.catch(() => {}); // whoever published it is told
  }

  async forget(channel: Channel): Promise<void> {
    this.#memory.forget(channel);
    if (this.#file.has(channel)) await this.#file.forget(channel);
  }

  history(
    channel: Channel,
    { persistent, ...options }: { since?: number; limit: number; persistent?: boolean },
  ): Promise<History> {
    return (persistent ? this.#file : this.#memory).history(channel, options);
  }
}
