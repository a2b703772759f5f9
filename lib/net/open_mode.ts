/** Keeps open mode, in which clients are believed, to this machine, unless somebody asked for more. */
import { logFor } from "../base/log.ts";
import { ConfigError } from "../base/config_error.ts";
import { isOpenServer, type ProofConfig } from "../base/open_server.ts";
import { isLoopback } from "./local_caller.ts";
import { proxyHeader } from "./proxy_headers.ts";
import type { Peer } from "../core/socket.ts";
import { LocalPeers } from "./local_peers.ts";
import { SocketOwners } from "./socket_owners.ts";

const log = logFor("auth");

/** The part of the configuration that open mode depends on. */
export interface OpenConfig {
  readonly listeners: { readonly host: string };
  readonly auth: ProofConfig;
  readonly net: { readonly isOpen: boolean };
}

/** Throws if the server would let anyone in from elsewhere, and nobody said that it should. */
export function requireClosedOrLocal(config: OpenConfig): void {
  const { host } = config.listeners;
  if (!isGuarded(config) || host === "localhost" || isLoopback(host)) return;
  throw new ConfigError(
    `Cannot listen on ${host} in open mode, where anyone is who they say: set APP_KEY so that ` +
      "clients need a token (docs/auth.md), or APP_OPEN=true if anyone may be anyone",
  );
}

/** Whether the server is open, and nobody said that it may be so to others than this machine's programs. */
export function isGuarded({ auth, net }: Omit<OpenConfig, "listeners">): boolean {
  return isOpenServer(auth) && !net.isOpen;
}

/** Refuses requests from elsewhere, such as through a proxy, if nobody said that the open server is for them. */
export class OpenModeGuard {
  readonly isGuarded: boolean;
  readonly #port = Promise.withResolvers<number>();
  /** Resolves with the reason if the operating system does not tell who is at the other end. */
  #peers: Promise<LocalPeers | string> | undefined;
  #isLogged = false;

  constructor(config: OpenConfig) {
    this.isGuarded = isGuarded(config);
  }

  /** Must be called once the server listens; requests that come earlier wait for it. */
  async listensOn(port: number): Promise<void> {
    this.#port.resolve(port);
    if (!this.isGuarded) return;
    const peers = await this.#findPeers();
    if (typeof peers !== "string") return;
    log.warn(
      "This server is open, and a proxy that adds no header to what it passes on cannot be noticed here " +
        "({reason}): set APP_KEY before one stands in front (docs/auth.md)",
      { reason: peers },
    );
  }

  /**
   * Why a caller is not taken for a program that the server's own user runs on this machine; `undefined` where it is. Where the system
   * does not tell whose a connection is, a guarded server takes callers over loopback for such programs, as always; one that is
   * open to all takes nobody for one.
   */
  async whyNotOwnProgram(peer: Peer): Promise<string | undefined> {
    const peers = await this.#findPeers();
    if (typeof peers !== "string") return await peers.verdictOn(peer);
    return this.isGuarded ? undefined : `while it cannot be found out who that is: ${peers}`;
  }

  #findPeers(): Promise<LocalPeers | string> {
    return this.#peers ??= this.#port.promise.then((port) => SocketOwners.open(port))
      .then((owners) => typeof owners === "string" ? owners : new LocalPeers(owners));
  }

  /** Why a guarded server does not answer a request; `undefined` if it does. */
  async refusal(request: Request, peer: Peer): Promise<string | undefined> {
    if (!isLoopback(peer.address)) return this.#refused(`from ${peer.address}`);
    const proxy = proxyHeader(request.headers);
    if (proxy !== undefined) {
      return this.#refused(`through a proxy: the request has the header '${proxy}'`);
    }
    const peers = await this.#findPeers();
    const how = typeof peers === "string" ? undefined : await peers.verdictOn(peer);
    return how === undefined ? undefined : this.#refused(how);
  }

  /** Why a guarded server does not answer a request that calls it by a foreign host name. */
  refusalOfHost(host: string): string {
    const shown = JSON.stringify(host);
    return this.#refused(
      `as host ${shown}: call it by a loopback address, or name it in APP_HOSTS`,
    );
  }

  #refused(how: string): string {
    const refusal = `Cannot use this server ${how}. It is open: set APP_KEY so that clients need ` +
      "a token, or APP_OPEN=true if anyone may be anyone";
    // The page only sees that it cannot connect, so the log tells whoever runs the server, once.
    if (!this.#isLogged) log.warn("{refusal} (docs/auth.md)", { refusal });
    this.#isLogged = true;
    return refusal;
  }
}
