/**
 * Tells which program is at the other end of a connection over loopback. A proxy may add no header to a request, and even
 * leave `Host` as a stranger wrote it: then only the proxy's process tells that it is one.
 */
import { parseAddress } from "./addresses.ts";
import type { Peer } from "../core/socket.ts";
import type { SocketOwner, SocketOwners } from "./socket_owners.ts";

/**
 * Programs that pass on what others send, by the first 15 characters of their process's name: web servers, proxies,
 * tunnels, and relays into containers. A proxy by another name that runs as the server's own user is not noticed.
 */
const PROXIES: ReadonlySet<string> = new Set(
  `
  nginx angie haproxy caddy traefik envoy apache2 httpd lighttpd h2o varnishd cache-main hitch
  squid pound nghttpx traffic_server [TS_MAIN] litespeed openlitespeed linkerd2-proxy pilot-agent
  oauth2-proxy tinyproxy privoxy mitmproxy mitmdump mitmweb stunnel stunnel4 socat ncat rinetd
  redir simpleproxy xinetd systemd-socket- gost ssh sshd sshd-session dropbear ngrok cloudflared
  frpc frps rathole bore chisel inlets tailscaled pagekite docker-proxy rootlessport rootlesskit
  slirp4netns pasta pasta.avx2 passt passt.avx2 gvproxy vpnkit containerd-shim conmon kubectl telepresence
  tor i2pd sslh sslh-select ghostunnel spiped wstunnel zrok 3proxy microsocks xray v2ray sing-box
`.trim().split(/\s+/),
);

/** How long a verdict holds for all requests of a connection. Later the port may be another program's. */
const FRESH_MS = 500;
const MAX_VERDICTS = 1000;

/** How many ports one question names. The answer is read in one piece. */
const MAX_AT_ONCE = 200;

/** The end of a refusal, such as "through a proxy: …"; `undefined` for a program of this machine. */
type Verdict = string | undefined;

interface WaitingPeer {
  readonly port: number;
  readonly verdict: PromiseWithResolvers<Verdict>;
}

export class LocalPeers {
  readonly #owners: Pick<SocketOwners, "user" | "at">;
  /** Verdicts by address and port, the oldest first; at most {@linkcode MAX_VERDICTS}. */
  readonly #verdicts = new Map<string, { readonly verdict: Verdict; readonly at: number }>();
  /** Peers without a verdict yet, by address and port; bounded by the number of connections. */
  #waiting = new Map<string, WaitingPeer>();
  #isAsking = false;

  constructor(owners: Pick<SocketOwners, "user" | "at">) {
    this.#owners = owners;
  }

  verdictOn({ address, port }: Peer): Verdict | Promise<Verdict> {
    const key = keyOf(parseAddress(address) ?? address, port);
    const known = this.#verdicts.get(key);
    if (known !== undefined && performance.now() - known.at <= FRESH_MS) return known.verdict;
    const waiting = this.#waiting.get(key) ?? { port, verdict: Promise.withResolvers<Verdict>() };
    this.#waiting.set(key, waiting);
    if (!this.#isAsking) void this.#askForAll();
    return waiting.verdict.promise;
  }

  /** Asks one question at a time. All who come meanwhile share the next. */
  async #askForAll(): Promise<void> {
    this.#isAsking = true;
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_AT_ONCE);
      for (const [key] of batch) this.#waiting.delete(key);
      const at = performance.now();
      const found = await this.#owners.at(batch.map(([, { port }]) => port));
      for (const [key, { verdict }] of batch) {
        const judged = found === undefined
          ? "while it cannot be found out whose the connection is"
          : this.#judge(found.filter((owner) => keyOf(owner.address, owner.port) === key));
        this.#note(key, judged, at);
        verdict.resolve(judged);
      }
    }
    this.#isAsking = false;
  }

  /** Judges the owners of a peer's address and port, each of whom must be good. */
  #judge(found: readonly SocketOwner[]): Verdict {
    if (found.length === 0 || found.some(({ isGone }) => isGone)) {
      return "from a program that has ended, or closed the connection";
    }
    const stranger = found.find(({ user }) => user !== this.#owners.user);
    if (stranger !== undefined) {
      const { user, names: [name] } = stranger;
      const shown = name === undefined ? "a program" : JSON.stringify(name);
      return `through ${shown} of user ${user}: the server is user ${this.#owners.user}'s`;
    }
    if (found.some(({ names }) => names.length === 0)) {
      return "from a program that hides its name";
    }
    const proxy = found.flatMap(({ names }) => names).find((name) => PROXIES.has(name));
    return proxy && `through a proxy: the program at the other end is ${JSON.stringify(proxy)}`;
  }

  #note(key: string, verdict: Verdict, at: number): void {
    this.#verdicts.delete(key); // moves the key to the end
    this.#verdicts.set(key, { verdict, at });
    for (const [old, { at: since }] of this.#verdicts) {
      if (this.#verdicts.size <= MAX_VERDICTS && at - since <= FRESH_MS) return;
      this.#verdicts.delete(old);
    }
  }
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
