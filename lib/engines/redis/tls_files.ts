/** What a TLS connection to Redis needs of files: the authority, and this server's own certificate with its key. */
import { readPair, readPem } from "../../config/pem.ts";
import type { RedisAddress } from "./address.ts";

interface TlsTexts {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** `undefined` for a connection without TLS. Throws a `ConfigError` that names the setting whose file is no good. */
export function tlsOptions({ tls, tlsCa, tlsCert, tlsKey }: RedisAddress): TlsTexts | undefined {
  if (!tls) return undefined;
  return {
    ...(tlsCa !== undefined && { ca: readPem("REDIS_TLS_CA", tlsCa, "CERTIFICATE") }),
    ...(tlsCert !== undefined && tlsKey !== undefined && readPair(
      { name: "REDIS_TLS_CERT", path: tlsCert },
      { name: "REDIS_TLS_KEY", path: tlsKey },
    )),
  };
}
