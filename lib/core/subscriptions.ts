/** Keeps a node subscribed to the channels that it has connections in, and to no other. */
import { inSlices } from "../base/slices.ts";
import type { Broker } from "./broker.ts";
import { type Channel, keyOf } from "./channel.ts";
import type { Hub } from "./hub.ts";

/** How many channels are subscribed to at once after a loss. The broker asks for many together. */
const RESTORED_AT_ONCE = 2000;

export class Subscriptions {
  readonly #broker: Broker;
  readonly #hub: Hub;
  readonly #onFailure: (error: unknown) => void;
  readonly #subscribed = new Set<string>();
  /** The latest change of each channel: changes of one channel happen one after the other. */
  readonly #changing = new Map<string, Promise<void>>();
  /** Resolves when those are gone who may hear nothing more. */
  #cleared: Promise<void> = Promise.resolve();

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
    const before = changing ?? this.#cleared;
    const done = before.then(() => this.#change(channel, key)).finally(() => {
      if (this.#changing.get(key) === done) this.#changing.delete(key);
    });
    this.#changing.set(key, done);
    return done;
  }

  /**
   * The broker has lost all subscriptions.
   *
   * @param cleared resolves when those are gone who may hear nothing more: until then nothing is subscribed to
   */
  forget(cleared: Promise<void>): void {
    this.#subscribed.clear();
    this.#cleared = cleared;
  }

  /** Subscribes anew to all channels that the broker has lost. Rejects where the signal aborts. */
  restore(signal: AbortSignal): Promise<void> {
    const atOnce = RESTORED_AT_ONCE;
    return inSlices(this.#hub.channels(), (channel) => this.sync(channel), { atOnce, signal });
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
