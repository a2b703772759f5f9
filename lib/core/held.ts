/** What was published in some of a connection's channels while what comes before it is still being read. */
import type { Outgoing } from "./outgoing.ts";

export interface HeldPublication {
  /** Its place in the channel; 0 where it has none, as a join or a leave. */
  readonly offset: number;
  readonly outgoing: Outgoing;
}

export class Held {
  /** What is held back, by the keys of the channels. */
  readonly #channels = new Map<string, HeldPublication[]>();

  get isEmpty(): boolean {
    return this.#channels.size === 0;
  }

  /** From now on what is published in the channel is held back. */
  hold(channelKey: string): void {
    if (!this.#channels.has(channelKey)) this.#channels.set(channelKey, []);
  }

  /** Holds a publication back; says whether its channel is held at all. */
  add(channelKey: string, publication: HeldPublication): boolean {
    return this.#channels.get(channelKey)?.push(publication) !== undefined;
  }

  /** Ends the hold of a channel, and returns what was held back there, in its order. */
  take(channelKey: string): readonly HeldPublication[] {
    const held = this.#channels.get(channelKey) ?? [];
    this.#channels.delete(channelKey);
    return held;
  }
}
