/** Open mode, in which clients are believed, is for trying out: on this machine alone, unless it is asked for. */
import { getLogger } from "@logtape/logtape";
import { ConfigError } from "../base/config_error.ts";
import { isLoopback } from "./local_caller.ts";
import { proxyHeader } from "./proxy_headers.ts";
import type { Peer } from "../core/socket.ts";
import { LocalPeers } from "./local_peers.ts";
import { SocketOwners } from "./socket_owners.ts";

const log = getLogger(["notifyli", "auth"]);

/** What it takes of the configuration. */
export interface OpenConfig {
  readonly listeners: { readonly host: string };
  /** Absent in open mode. */
  readonly auth: { readonly tokens?: unknown };
  readonly net: { readonly isOpen: boolean };
}

/** Throws where a server would let anyone in from elsewhere, and nobody said that it should. */
export function requireClosedOrLocal(config: OpenConfig): void {
  const { host } = config.listeners;
  if (!isGuarded(config) || host === "localhost" || isLoopback(host)) return;
  throw new ConfigError(
    `Cannot listen on ${host} in open mode, where anyone is who they say: set APP_KEY so that ` +
      "clients need a token (docs/auth.md), or APP_OPEN=true if anyone may be anyone",
  );
}

/** Whether a server is open and nobody said that it may be so for others than this machine's programs. */
export function isGuarded({ auth, net }: Omit<OpenConfig, "listeners">): boolean {
  return auth.tokens === undefined && !net.isOpen;
}

/** Keeps all that comes from elsewhere out of an open server that nobody meant for it, such as through a proxy. */
export class OpenModeGuard {
  readonly isGuarded: boolean;
  /** Absent where the operating system does not tell who is at the other end. */
  readonly #peers = Promise.withResolvers<LocalPeers | undefined>();
  #isLogged = false;

  constructor(config: OpenConfig) {
    this.isGuarded = isGuarded(config);
  }

  /** To be called once the server listens; what comes before that waits. */
  async listensOn(port: number): Promise<void> {
    if (!this.isGuarded) return;
    const owners = await SocketOwners.open(port);
    if (typeof owners !== "string") return this.#peers.resolve(new LocalPeers(owners));
    this.#peers.resolve(undefined);
    log.warn(
      "This server is open, and a proxy that adds no header to what it passes on cannot be noticed here " +
        "({reason}): set APP_KEY before one stands in front (docs/auth.md)",
      { reason: owners },
    );
  }

  /** Why what is asked of a guarded server is not answered; `undefined` where it is. */
  async refusal(request: Request, peer: Peer): Promise<string | undefined> {
    if (!isLoopback(peer.address)) return this.#refused(`from ${peer.address}`);
    const proxy = proxyHeader(request.headers);
    if (proxy !== undefined) {
      return this.#refused(`through a proxy: the request has the header '${proxy}'`);
    }
    const how = await (await this.#peers.promise)?.verdictOn(peer);
    return how === undefined ? undefined : this.#refused(how);
  }

  /** The same for a call by the name of another host. */
  refusalOfHost(host: string): string {
    const shown = JSON.stringify(host);
    return this.#refused(
      `as host ${shown}: call it by a loopback address, or name it in APP_HOSTS`,
    );
  }

  #refused(how: string): string {
    const refusal = `Cannot use this server ${how}. It is open: set APP_KEY so that clients need ` +
      "a token, or APP_OPEN=true if anyone may be anyone";
    // The page only sees that it cannot connect; whoever runs the server is told, once.
    if (!this.#isLogged) log.warn("{refusal} (docs/auth.md)", { refusal });
    this.#isLogged = true;
    return refusal;
  }
}
