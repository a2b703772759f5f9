/**
 * Takes the entries that RabbitMQ hands out on one channel: each is stored, or put aside with the reason, and acknowledged
 * after that. Those of one user, room or topic are taken in their order. Next on a message's way: `inbox/notify.ts`.
 */
import type { Channel, ConsumeMessage } from "amqplib";
import { logFor } from "../../base/log.ts";
import { pause } from "../../base/clock.ts";
import { isRefusedAlone, isStoreFailure } from "../../base/errors.ts";
import { nextId } from "../../base/ids.ts";
import { reasonOf } from "../../base/reason.ts";
import type { DeadLetters } from "./dead_letters.ts";
import { InOrder } from "./in_order.ts";
import type { AmqpCounters } from "./metrics.ts";
import type { Read, ReadEntry } from "./destinations.ts";

const log = logFor("amqp");

/** The pauses between two attempts to store an entry. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

export interface TakingParts {
  readonly read: ReadEntry;
  readonly dead: DeadLetters;
  readonly counters: AmqpCounters;
  /** Why nothing can be stored here right now; `undefined` while it can. */
  unready(): Promise<string | undefined>;
}

export class Taking implements Disposable {
  readonly #channel: Channel;
  readonly #parts: TakingParts;
  readonly #order = new InOrder();
  /** Aborts when no entry is begun any more. */
  readonly #stopping = new AbortController();
  readonly #left = Promise.withResolvers<string>();
  /** The pause that all wait for whose entries could not be stored. */
  #resting: Promise<void> | undefined;
  #rests = 0;

  constructor(channel: Channel, parts: TakingParts) {
    this.#channel = channel;
    this.#parts = parts;
  }

  /** Resolves with the reason when nothing can be stored here: what is not acknowledged is another node's, then. */
  get left(): Promise<string> {
    return this.#left.promise;
  }

  take(message: ConsumeMessage): void {
    if (this.#stopping.signal.aborted) return; // RabbitMQ hands it out again
    this.#parts.counters.received.value++;
    let entry: Read;
    try {
      entry = this.#parts.read(message);
    } catch (error) {
      this.#order.run(nextId(), () => this.#putAside(message, error));
      return;
    }
    this.#order.run(entry.key, () => this.#store(message, entry));
  }

  /** Begins no entry any more, and resolves when those are done with that were begun. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#order.settled();
  }

  [Symbol.dispose](): void {
    this.#stopping.abort();
  }

  /** Tries until it is stored, or this is over: then RabbitMQ hands the entry out again. */
  async #store(message: ConsumeMessage, entry: Read): Promise<void> {
    const { counters } = this.#parts;
    const made = nextId();
    for (let isRetry = false; !this.#stopping.signal.aborted; isRetry = true) {
      try {
        const { isDuplicate } = await entry.store({ id: made, isRetry });
        counters[isDuplicate ? "duplicates" : "stored"].value++;
        this.#rests = 0;
        return this.#acknowledge(message);
      } catch (error) {
        if (!isStoreFailure(error) || isRefusedAlone(error)) {
          return await this.#putAside(message, error);
        }
        await this.#rest();
      }
    }
  }

  async #putAside(message: ConsumeMessage, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    const { messageId: id = "without message_id" } = message.properties;
    log.warn("entry {id} is refused: {reason}", { id, reason });
    if (!await this.#parts.dead.bury(message, error)) return;
    this.#parts.counters.dead.value++;
    this.#acknowledge(message);
  }

  #acknowledge(message: ConsumeMessage): void {
    try {
      this.#channel.ack(message);
    } catch {
      // The channel is closed: RabbitMQ hands it out again, and its id says that it is there.
    }
  }

  /** Waits before the next attempt, and leaves the queue to others where it is the store that is away. */
  #rest(): Promise<void> {
    this.#resting ??= this.#restOnce().finally(() => this.#resting = undefined);
    return this.#resting;
  }

  async #restOnce(): Promise<void> {
    const { signal } = this.#stopping;
    await pause(Math.min(FIRST_PAUSE_MS * 2 ** this.#rests++, LONGEST_PAUSE_MS), signal);
    const reason = await this.#parts.unready().catch(reasonOf);
    if (reason === undefined || signal.aborted) return;
    this.#stopping.abort();
    this.#left.resolve(reason);
  }
}
