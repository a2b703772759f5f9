/** Opens the listener that the configuration names, and keeps it accepting. */
import type { Limits } from "../base/sizes.ts";
import type { Places } from "../limits/descriptors.ts";
import { readPair } from "../config/pem.ts";
import type { Handlers, Listener } from "./listener.ts";
import { Accepting } from "./accepting.ts";
import type { ListenersConfig } from "./settings.ts";

/** The headers of every answer. Listeners set them, since a middleware of Hono would build every answer anew for them. */
const HEADERS = { "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer" };

/** How many descriptors `deno` holds back, since it accepts until there is none left. */
const MOST_SPARES = 64;
/**
 * The part of the reserve that `node` holds back, to tell whether there is room again. `node` stops accepting earlier; the
 * rest of the reserve is for a sudden crowd.
 */
const NODE_SPARES_SHARE = 0.25;

/** The part of the configuration that listening needs. */
interface ListenConfig {
  readonly listeners: ListenersConfig;
  readonly limits: Pick<Limits, "frame">;
}

/**
 * Listens. Rejects if a certificate cannot be read or the address cannot be listened on.
 *
 * @param places how many connections there may be
 */
export async function listen(
  { listeners: config, limits }: ListenConfig,
  handlers: Handlers,
  places: Places,
): Promise<Listener> {
  const isNode = config.listener === "node";
  const { createDoor } = isNode ? await import("./node_http.ts") : await import("./deno.ts");
  const door = createDoor({
    host: config.host,
    tls: config.tls && readPair(
      { name: "APP_TLS_CERT", path: config.tls.cert },
      { name: "APP_TLS_KEY", path: config.tls.key },
    ),
    headers: HEADERS,
    keepaliveSeconds: config.keepaliveSeconds,
    maxFrameBytes: limits.frame,
    waitingConnections: places.waiting,
    maxHeaderBytes: config.headerBytes,
    headersSeconds: config.headersSeconds,
    requestSeconds: config.requestSeconds,
    maxConnections: places.all,
  }, handlers);
  const spares = Math.min(
    MOST_SPARES,
    isNode ? places.reserve * NODE_SPARES_SHARE : places.reserve,
  );
  return await Accepting.open(door, { port: config.port, spares: Math.floor(spares) });
}
