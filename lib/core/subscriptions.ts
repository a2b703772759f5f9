/** Keeps a node subscribed to the channels it has clients in, and to no other. */
import type { Broker } from "./broker.ts";
import { type Channel, keyOf } from "./channel.ts";
import type { Hub } from "./hub.ts";

export class Subscriptions {
  readonly #broker: Broker;
  readonly #hub: Hub;
  readonly #onFailure: (error: unknown) => void;
  readonly #subscribed = new Set<string>();
  /** The last change of each channel, so that changes of one channel happen one after the other. */
  readonly #changing = new Map<string, Promise<void>>();

  constructor(broker: Broker, hub: Hub, onFailure: (error: unknown) => void) {
    this.#broker = broker;
    this.#hub = hub;
    this.#onFailure = onFailure;
  }

  /** Subscribes or unsubscribes as the hub wants it by then; a failure is reported, not thrown. */
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

  /** The broker lost all of them. */
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
