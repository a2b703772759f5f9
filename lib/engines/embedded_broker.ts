/** Rooms of one node: in memory, and those whose history is to outlive the server in the SQLite file. */
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
      ? this.#file.underWay(channel)?.catch(() => {}) // a join or leave overtakes no message
      : this.#file.has(channel)
      ? this.#file.forget(channel) // it is persistent no more, and would lack what is said from now on
      : undefined;
    if (before === undefined) return this.#memory.publish(channel, publication, history);
    return before.then(() => this.#memory.publish(channel, publication, history));
  }

  forward(channel: Channel, publication: Publication): Promise<boolean> {
    return this.#memory.forward(channel, publication);
  }

  history(
    channel: Channel,
    { persistent, ...options }: { since?: number; limit: number; persistent?: boolean },
  ): Promise<History> {
    return (persistent ? this.#file : this.#memory).history(channel, options);
  }
}
