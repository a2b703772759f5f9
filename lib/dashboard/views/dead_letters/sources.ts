/** Where dead letters are from. */

export const SOURCES = [["stream", "Redis stream"], ["amqp", "RabbitMQ"], [
  "hooks",
  "Webhooks",
]] as const;

export type Source = typeof SOURCES[number][0];
