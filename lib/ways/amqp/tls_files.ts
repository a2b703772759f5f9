/** What a TLS connection to RabbitMQ needs of files: the authority, and this server's own certificate with its key. */
import { readPair, readPem } from "../../config/pem.ts";
import type { AmqpConfig } from "./settings.ts";

interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Empty for a connection without TLS. Throws a `ConfigError` that names the setting whose file is no good. */
export function tlsTexts({ tlsCa, tlsCert, tlsKey }: AmqpConfig): TlsTexts {
  return {
    ...(tlsCa !== undefined && { ca: readPem("AMQP_TLS_CA", tlsCa, "CERTIFICATE") }),
    ...(tlsCert !== undefined && tlsKey !== undefined && readPair(
      { name: "AMQP_TLS_CERT", path: tlsCert },
      { name: "AMQP_TLS_KEY", path: tlsKey },
    )),
  };
}
