/** Keeps a node subscribed to the channels that it has connections in, and to no other. */
import type { Broker } from "./broker.ts";
import { type Channel, keyOf } from "./channel.ts";
import type { Hub } from "./hub.ts";

export class Subscriptions {
  readonly #broker: Broker;
  readonly #hub: Hub;
  readonly #onFailure: (error: unknown) => void;
  readonly #subscribed = new Set<string>();
  /** The latest change of each channel: changes of one channel happen one after the other. */
  readonly #changing = new Map<string, Promise<void>>();

  constructor(broker: Broker, hub: Hub, onFailure: (error: unknown) => void) {
    this.#broker = broker;
    this.#hub = hub;
    this.#onFailure = onFailure;
  }

  /** Subscribes if the hub has the channel when its turn comes, else unsubscribes. A failure is reported, not thrown. */
  sync(channel: Channel): Promise<void> {
    const key = keyOf(channel);
    const changing = this.#changing.get(key);
    if (changing === undefined && this.#isRight(channel, key)) return Promise.resolve();
    const before = changing ?? Promise.resolve();
    const done = before.then(() => this.#change(channel, key)).finally(() => {
      if (this.#changing.get(key) === done) this.#changing.delete(key);
    });
    this.#changing.set(key, done);
    return done;
  }

  /** The broker has lost all subscriptions. */
  forget(): void {
    this.#subscribed.clear();
  }

  #isRight(channel: Channel, key: string): boolean {
    return (this.#hub.get(channel) !== undefined) === this.#subscribed.has(key);
  }

  async #change(channel: Channel, key: string): Promise<void> {
    if (this.#isRight(channel, key)) return;
    try {
      if (!this.#subscribed.has(key)) {
        await this.#broker.subscribe(channel);
        this.#subscribed.add(key);
      } else {
        this.#subscribed.delete(key);
        await this.#broker.unsubscribe(channel);
      }
    } catch (error) {
      this.#onFailure(error);
    }
  }
}
