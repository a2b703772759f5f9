/** Where the server of a configuration listens, as subcommands on the same machine reach it. */
import type { Config } from "../configuration.ts";
import { reachable } from "../listeners/knock.ts";

export function localUrl({ listeners }: Config): string {
  return `${listeners.tls ? "https" : "http"}://${localAddress(listeners)}`;
}

/** Host and port, as a URL and the header `Host` have them. */
export function localAddress({ host, port }: { host: string; port: number }): string {
  const name = reachable(host);
  return `${name.includes(":") ? `[${name}]` : name}:${port}`;
}
