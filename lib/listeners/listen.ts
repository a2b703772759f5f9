/** Opens the listener that the configuration names. */
import type { Config } from "../config.ts";
import { readPem } from "../pem.ts";
import type { Handlers, Listener } from "../socket.ts";

/** Connections beside those of clients: for the page, the API and health checks. */
const HTTP_CONNECTIONS = 1000;

/** Of every answer. Set where it leaves: a middleware of Hono's that sets a header builds the whole answer anew (16 µs). */
const HEADERS = { "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" };

/** Rejects where a certificate cannot be read or the address cannot be listened on. */
export async function listen(config: Config, handlers: Handlers): Promise<Listener> {
  const { listen } = config.listener === "node"
    ? await import("./node.ts")
    : await import("./deno.ts");
  return await listen({
    host: config.host,
    port: config.port,
    tls: config.tls && {
      cert: readPem("APP_TLS_CERT", config.tls.cert),
      key: readPem("APP_TLS_KEY", config.tls.key),
    },
    headers: HEADERS,
    keepaliveSeconds: config.keepaliveSeconds,
    maxFrameBytes: config.limits.frame,
    maxHeaderBytes: config.limits.headers,
    headersSeconds: config.headersSeconds,
    requestSeconds: config.requestSeconds,
    maxConnections: config.limits.connections + HTTP_CONNECTIONS,
  }, handlers);
}
