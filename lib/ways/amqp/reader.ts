/**
 * The way in from RabbitMQ: other systems put notifications into a queue. Nodes ask for its entries, and RabbitMQ hands them
 * to one node at a time, so that each user's notifications come in the queue's order. While RabbitMQ is away, the server
 * runs on; it tries again with growing pauses. Next on a message's way: `taking.ts`.
 */
import { logFor } from "../../base/log.ts";
import { pause } from "../../base/clock.ts";
import { placeOf } from "./address.ts";
import { DeadLetters } from "./dead_letters.ts";
import { AmqpLink } from "./link.ts";
import { declareDeadQueue, declareQueue } from "./queues.ts";
import { isRefusal, wordsOf } from "./reasons.ts";
import type { AmqpConfig } from "./settings.ts";
import { Taking, type TakingParts } from "./taking.ts";

const log = logFor("amqp");

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** How long RabbitMQ has to take the last acknowledgements. */
const CLOSE_WAIT_MS = 1000;

/** How often a node that can store nothing looks whether it can. */
const LOOK_EVERY_MS = 500;

export interface AmqpReaderOptions extends Omit<TakingParts, "dead"> {
  readonly config: AmqpConfig;
  /** The name of the connections, as RabbitMQ lists them. */
  readonly name: string;
  /** How long a stop waits for entries that are under way. */
  readonly stopWaitMs: number;
}

export class AmqpReader {
  readonly #options: AmqpReaderOptions;
  #isUp = false;
  /** Since when RabbitMQ cannot be used, on `performance.now()`'s clock, and what the log says of it. */
  #down: { readonly since: number; readonly told: string } | undefined;

  constructor(options: AmqpReaderOptions) {
    this.#options = options;
  }

  /** Whether entries come here, if RabbitMQ has chosen this node. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Takes entries until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      await this.#untilStoreIsReady(signal);
      if (signal.aborted) return;
      const startedAt = performance.now();
      try {
        const reason = await this.#takeOnce(signal);
        if (reason !== undefined) this.#noteDown(reason, AWAY);
      } catch (error) {
        const reason = wordsOf(error);
        if (!signal.aborted) this.#noteDown(reason, isRefusal(error) ? reason : AWAY);
      }
      this.#isUp = false;
      if (performance.now() - startedAt > LONGEST_PAUSE_MS) failures = 0;
      await pause(pauseMs(failures), signal);
    }
  }

  /** Resolves with the reason when entries come no more; without one where that is not RabbitMQ's doing. */
  async #takeOnce(signal: AbortSignal): Promise<string | undefined> {
    const { config, name } = this.#options;
    await using link = await AmqpLink.connect(config, { name, signal });
    await declareQueue(link, config);
    await declareDeadQueue(link, config);
    const channel = await link.channel();
    const over = new AbortController();
    void link.gone.then(() => over.abort());
    await using dead = new DeadLetters(config, { name: `${name}-dead`, over: over.signal });
    using taking = new Taking(channel, { ...this.#options, dead });
    const ended = Promise.withResolvers<string | undefined>();
    channel.on("error", (error) => ended.resolve(wordsOf(error)));
    void link.gone.then(ended.resolve);
    void taking.left.then((reason) => ended.resolve(this.#noteLeft(reason)));
    const stop = () => ended.resolve(undefined);
    signal.addEventListener("abort", stop, { signal: over.signal });
    await channel.prefetch(config.prefetch);
    const { consumerTag } = await channel.consume(config.queue, (message) => {
      if (message !== null) taking.take(message);
      else ended.resolve(`the queue ${JSON.stringify(config.queue)} is gone`);
    });
    this.#noteUp();
    const reason = await ended.promise;
    if (signal.aborted) await this.#finish(taking, channel.cancel(consumerTag));
    over.abort();
    await taking.stop();
    // Behind it nothing is left that was acknowledged and not sent.
    await within(channel.close(), CLOSE_WAIT_MS);
    return reason;
  }

  /** Waits for the entries that were begun, but not for long. */
  async #finish(taking: Taking, cancelled: Promise<unknown>): Promise<void> {
    await within(Promise.allSettled([cancelled, taking.stop()]), this.#options.stopWaitMs);
  }

  /** Whoever can store something takes the entries meanwhile. */
  async #untilStoreIsReady(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && await this.#options.unready().catch(String) !== undefined) {
      await pause(LOOK_EVERY_MS, signal);
    }
  }

  #noteUp(): void {
    const { config } = this.#options;
    this.#isUp = true;
    const named = { address: placeOf(config), queue: config.queue };
    if (this.#down === undefined) {
      log.info("RabbitMQ at {address} is asked for the entries of {queue}", named);
    } else {
      const seconds = ((performance.now() - this.#down.since) / 1000).toFixed(1);
      this.#down = undefined;
      log.info("RabbitMQ at {address} is back after {seconds} s", { ...named, seconds });
    }
  }

  /** @param told of several reasons in one time without RabbitMQ, those that are told alike are logged once */
  #noteDown(reason: string, told: string): void {
    if (this.#down?.told === told) return;
    this.#down = { since: this.#down?.since ?? performance.now(), told };
    log.error("RabbitMQ at {address} cannot be used: {reason}; trying again", {
      address: placeOf(this.#options.config),
      reason,
    });
  }

  #noteLeft(reason: string): undefined {
    log.warn("the entries of {queue} are left to other nodes for now: {reason}", {
      queue: this.#options.config.queue,
      reason,
    });
  }
}

/** Stands for all reasons for which RabbitMQ cannot be reached. */
const AWAY = "away";

/** Milliseconds to wait after so many failures in a row: they double, with jitter. */
function pauseMs(failures: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
  return longest / 2 + Math.random() * longest / 2;
}

/** Resolves when `done` does, or after `ms`. */
async function within(done: Promise<unknown>, ms: number): Promise<void> {
  const inTime = new AbortController();
  const end = () => inTime.abort();
  done.then(end, end);
  await pause(ms, inTime.signal);
}
