/** Opens the way in from RabbitMQ. Only this is loaded where RabbitMQ is configured, and with it the client. */
import { type DestinationParts, readerOf } from "./destinations.ts";
import { AmqpReader, type AmqpReaderOptions } from "./reader.ts";
import type { AmqpConfig } from "./settings.ts";
import { tlsTexts } from "./tls_files.ts";

/** The name of the connections, as RabbitMQ lists them. */
const NAME = "notifyli";

/** Throws a `ConfigError` where a file of `AMQP_TLS_…` is no good. */
export function openAmqp(
  config: AmqpConfig,
  options: DestinationParts & Omit<AmqpReaderOptions, "config" | "name" | "read">,
): AmqpReader {
  tlsTexts(config);
  return new AmqpReader({ ...options, config, name: NAME, read: readerOf(options) });
}
