/** What a TLS connection to Redis needs of files: the authority, and this server's own certificate with its key. */
import { createSecureContext } from "node:tls";
import { ConfigError } from "../../base/config_error.ts";
import { reasonOf } from "../../base/reason.ts";
import { readPem } from "../../config/pem.ts";
import type { RedisAddress } from "./address.ts";

interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** `undefined` for a connection without TLS. Throws a `ConfigError` that names the setting whose file is no good. */
export function tlsOptions({ tls, tlsCa, tlsCert, tlsKey }: RedisAddress): TlsTexts | undefined {
  if (!tls) return undefined;
  const texts = {
    ...(tlsCa !== undefined && { ca: readPem("REDIS_TLS_CA", tlsCa) }),
    ...(tlsCert !== undefined && { cert: readPem("REDIS_TLS_CERT", tlsCert) }),
    ...(tlsKey !== undefined && { key: readPem("REDIS_TLS_KEY", tlsKey) }),
  };
  try {
    createSecureContext(texts);
    return texts;
  } catch (error) {
    throw new ConfigError(
      `Cannot use REDIS_TLS_CERT with REDIS_TLS_KEY: ${reasonOf(error)}`,
    );
  }
}
