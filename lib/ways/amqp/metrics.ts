/** What is counted of what other systems bring by RabbitMQ. */
import { Counter, type Metric } from "../../core/metrics.ts";

export type AmqpCounters = ReturnType<typeof amqpCounters>;

export function amqpCounters() {
  return {
    received: new Counter("amqp_received", "Entries that RabbitMQ handed to this node."),
    stored: new Counter("amqp_stored", "Entries of RabbitMQ that this node stored or published."),
    duplicates: new Counter(
      "amqp_duplicates",
      "Entries of RabbitMQ whose id was there before, so that nothing was sent again.",
    ),
    dead: new Counter(
      "amqp_dead",
      "Entries of RabbitMQ that this node put into the queue of what cannot be taken.",
    ),
  };
}

export function amqpUp(isUp: () => boolean): Metric {
  return {
    name: "amqp_up",
    help: "Whether this node asks RabbitMQ for entries: 1 if it does.",
    type: "gauge",
    read: () => Number(isUp()),
  };
}
