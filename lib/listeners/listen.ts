/** Opens the listener that the configuration names. */
import type { Config } from "../config.ts";
import { readPem } from "../pem.ts";
import type { Handlers, Listener } from "../socket.ts";

/** Rejects where a certificate cannot be read or the address cannot be listened on. */
export async function listen(config: Config, handlers: Handlers): Promise<Listener> {
  const { listen } = config.listener === "node"
    ? await import("./node.ts")
    : await import("./deno.ts");
  return await listen({
    host: config.host,
    port: config.port,
    tls: config.tls && {
      cert: await readPem("APP_TLS_CERT", config.tls.cert),
      key: await readPem("APP_TLS_KEY", config.tls.key),
    },
    keepaliveSeconds: config.keepaliveSeconds,
    maxFrameBytes: config.limits.frame,
  }, handlers);
}
