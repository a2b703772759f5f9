/** Declares the queues, and says what is wrong where they are there with other arguments. */
import type { AmqpLink } from "./link.ts";
import { isNotAllowed, isOtherQueue, QueueError, wordsOf } from "./reasons.ts";
import type { AmqpConfig } from "./settings.ts";

/** One node at a time takes entries, so that each user's come in the queue's order. */
const SINGLE_ACTIVE_CONSUMER = "x-single-active-consumer";

export async function declareQueue(link: AmqpLink, config: AmqpConfig): Promise<void> {
  const { queue } = config;
  const args = { ...typeOf(config), [SINGLE_ACTIVE_CONSUMER]: true };
  await declare(link, queue, args).catch((error) => {
    if (!isOtherQueue(error)) throw error;
    throw new QueueError(
      `the queue ${
        JSON.stringify(queue)
      } is there with other arguments than notifyli declares it ` +
        `with (${wordsOf(error)}); delete it, or declare it as docs/rabbitmq.md says`,
    );
  });
}

/** Declares the queue for what cannot be taken. What one that is there was declared with is its owner's affair. */
export async function declareDeadQueue(link: AmqpLink, config: AmqpConfig): Promise<void> {
  await declare(link, config.deadQueue, typeOf(config)).catch((error) => {
    if (!isOtherQueue(error)) throw error;
  });
}

function typeOf({ queueType }: AmqpConfig): Readonly<Record<string, unknown>> {
  return queueType === undefined ? {} : { "x-queue-type": queueType };
}

/** A user who may not declare queues may use one that is there. */
async function declare(
  link: AmqpLink,
  queue: string,
  args: Readonly<Record<string, unknown>>,
): Promise<void> {
  const options = { durable: true, arguments: args };
  await withChannel(link, (channel) => channel.assertQueue(queue, options)).catch((error) => {
    if (!isNotAllowed(error)) throw error;
    return withChannel(link, (channel) => channel.checkQueue(queue)).catch(() => {
      throw error;
    });
  });
}

/** RabbitMQ closes a channel on which something fails, so each attempt has one of its own. */
async function withChannel(
  link: AmqpLink,
  work: (channel: Awaited<ReturnType<AmqpLink["channel"]>>) => Promise<unknown>,
): Promise<void> {
  const channel = await link.channel();
  await work(channel);
  // Nobody waits for it: where the connection ends meanwhile, the library never says so.
  channel.close().catch(() => {});
}
