/**
 * What is stored of conversations and could not be published, since the broker was away. It is published once the broker is
 * back: clients of other nodes may have read what is stored before this was, and would hear of it only by the next message.
 */
import type { Channel } from "../core/channel.ts";
import type { Node } from "../core/node.ts";
import type { Publication } from "../core/publication.ts";
import type { RestoreStep } from "../core/restoring.ts";

/** Most publications that wait; the oldest ones go, and their clients read what they missed when they come back. */
const MOST_WAITING = 10_000;

interface Waiting {
  readonly channel: Channel;
  readonly publication: Publication;
}

export class Untold implements RestoreStep {
  readonly #node: Node;
  #waiting: Waiting[] = [];

  constructor(node: Node) {
    this.#node = node;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  /** Publishes what waits, in its order. Whoever hears something twice knows it by its offset. */
  async restore(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      await this.#node.publish(first.channel, first.publication);
      if (this.#waiting[0] === first) this.#waiting.shift();
    }
  }
}
