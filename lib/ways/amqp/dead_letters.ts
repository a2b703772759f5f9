/**
 * Puts entries that cannot be taken into a queue of their own, as they came and with the reason. RabbitMQ stops reading
 * from connections that publish while it is full, so this has one of its own, on which nothing is acknowledged.
 */
import type { ConfirmChannel, ConsumeMessage, Options } from "amqplib";
import { logFor } from "../../base/log.ts";
import { pause } from "../../base/clock.ts";
import { reasonOf } from "../../base/reason.ts";
import { AmqpLink } from "./link.ts";
import { declareDeadQueue } from "./queues.ts";
import { wordsOf } from "./reasons.ts";
import type { AmqpConfig } from "./settings.ts";

const log = logFor("amqp");

/** How long it waits before it tries again to publish what RabbitMQ did not take. */
const RETRY_MS = 1000;

/** UTF-16 units of a reason that are kept. */
const REASON_LENGTH = 1000;

export class DeadLetters implements AsyncDisposable {
  readonly #config: AmqpConfig;
  readonly #name: string;
  /** Aborts when what is not confirmed shall be left to RabbitMQ, which hands it out again. */
  readonly #over: AbortSignal;
  #opening: Promise<ConfirmChannel> | undefined;
  #link: AmqpLink | undefined;
  /** Channels on which something came back, since the queue is gone: RabbitMQ then confirms it all the same. */
  readonly #returned = new WeakSet<ConfirmChannel>();
  /** Whether the log says that nothing can be kept. */
  #isTold = false;

  constructor(config: AmqpConfig, { name, over }: { name: string; over: AbortSignal }) {
    this.#config = config;
    this.#name = name;
    this.#over = over;
    over.addEventListener("abort", () => this.#link?.destroy());
  }

  /** Says whether RabbitMQ has it, and keeps it through a restart: `false` where the time is over. */
  async bury(message: ConsumeMessage, error: unknown): Promise<boolean> {
    let properties = propertiesOf(message, reasonOf(error).slice(0, REASON_LENGTH), this.#config);
    const slimmer = [withoutOwnHeaders, withoutOwnProperties];
    while (!this.#over.aborted) {
      try {
        await this.#publish(message.content, properties);
        this.#noteKept();
        return true;
      } catch (failure) {
        if (this.#over.aborted) return false;
        const slim = isUnwritable(failure) ? slimmer.shift() : undefined;
        if (slim !== undefined) properties = slim(properties);
        else {
          this.#noteFailure(failure);
          await pause(RETRY_MS, this.#over);
        }
      }
    }
    return false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => {});
    await this.#link?.[Symbol.asyncDispose]();
  }

  /** Rejects where RabbitMQ did not take it, or did not say that it did. */
  async #publish(content: ConsumeMessage["content"], properties: Options.Publish): Promise<void> {
    const channel = await this.#channel();
    const confirmed = Promise.withResolvers<void>();
    channel.sendToQueue(this.#config.deadQueue, content, properties, (error) => {
      if (error) confirmed.reject(error);
      else if (this.#returned.has(channel)) confirmed.reject(new Error("the queue is gone"));
      else confirmed.resolve();
    });
    await confirmed.promise;
  }

  #channel(): Promise<ConfirmChannel> {
    if (this.#opening !== undefined) return this.#opening;
    const opening = this.#opening = this.#open();
    const forget = () => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    opening.then((channel) => channel.on("close", forget), forget);
    return opening;
  }

  async #open(): Promise<ConfirmChannel> {
    await this.#link?.[Symbol.asyncDispose]();
    const link = await AmqpLink.connect(this.#config, { name: this.#name, signal: this.#over });
    this.#link = link;
    link.onBlocked((reason) => this.#noteBlocked(reason));
    await declareDeadQueue(link, this.#config);
    const channel = await link.confirmChannel();
    channel.on("return", () => {
      this.#returned.add(channel);
      link.destroy();
    });
    return channel;
  }

  #noteBlocked(reason: string | undefined): void {
    if (reason === undefined) return this.#noteKept();
    this.#noteFailure(new Error(`RabbitMQ takes nothing now (${reason})`));
  }

  #noteFailure(error: unknown): void {
    if (this.#isTold) return;
    this.#isTold = true;
    log.error(
      "what is refused waits, since it cannot be kept in the queue {queue}: {reason}; trying again",
      { queue: this.#config.deadQueue, reason: wordsOf(error) },
    );
  }

  #noteKept(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    log.info("what is refused is kept again in the queue {queue}", {
      queue: this.#config.deadQueue,
    });
  }
}

/**
 * The entry's properties and headers. Those by which RabbitMQ would do something with the dead letter (when it expires, who
 * sent it, where else it goes) stand in headers that mean nothing to it.
 */
function propertiesOf(
  { properties, fields }: ConsumeMessage,
  reason: string,
  { queue }: AmqpConfig,
): Options.Publish {
  const { contentType, contentEncoding, correlationId, replyTo, messageId, timestamp } = properties;
  const { type, appId, priority, expiration, userId } = properties;
  const { CC, BCC, ...headers } = properties.headers ?? {};
  return {
    ...{ contentType, contentEncoding, correlationId, replyTo, messageId, timestamp },
    ...{ type, appId, priority },
    headers: {
      ...headers,
      "x-notifyli-reason": reason,
      "x-notifyli-queue": queue,
      "x-notifyli-exchange": fields.exchange,
      "x-notifyli-routing-key": fields.routingKey,
      "x-notifyli-expiration": expiration,
      "x-notifyli-user-id": userId,
      "x-notifyli-cc": CC,
      "x-notifyli-bcc": BCC,
    },
    persistent: true,
    mandatory: true,
  };
}

/**
 * Whether the properties cannot be written: headers that leave no room for more, a time past what the client can count, a
 * text of 255 bytes that are no UTF-8 and are longer as such. They would never be written, and the entry never end.
 */
function isUnwritable(failure: unknown): boolean {
  return failure instanceof RangeError || failure instanceof TypeError;
}

function withoutOwnHeaders(properties: Options.Publish): Options.Publish {
  const ours = Object.entries(properties.headers).filter(([name, value]) =>
    name.startsWith("x-notifyli-") && typeof value === "string"
  );
  return { ...properties, headers: Object.fromEntries(ours) };
}

function withoutOwnProperties(
  { headers, persistent, mandatory }: Options.Publish,
): Options.Publish {
  return { headers, persistent, mandatory };
}
