/**
 * Decides by which host names the server may be called. A name of somebody else may lead to this machine (DNS
 * rebinding); a browser then takes that page and this server for the same site.
 */
import { isOpenServer, type ProofConfig } from "../base/open_server.ts";
import { isOwnMachine, parseAddress } from "./addresses.ts";

/** A host and maybe a port, as the header `Host` and a URL have it (RFC 9112, section 3.2). */
const HOST_HEADER = /^(?:\[[\da-f:.]+\]|[^\s,@/?#\\[\]:]+)(?::\d{0,5})?$/i;

/** The form in a URL of `shop.example` or `*.shop.example`; `undefined` if the text is no such name. */
export function parseHostPattern(text: string): string | undefined {
  const [, wildcard = "", name = ""] = /^(\*\.)?([^*]+)$/.exec(text) ?? [];
  const address = parseAddress(name);
  if (wildcard !== "") {
    return address === undefined ? prefixed(wildcard, plainHost(name)) : undefined;
  }
  return address ?? plainHost(name);
}

/** The host of a URL without port, brackets and a dot at the end; IPv4 in IPv6 becomes IPv4. */
export function hostOfUrl(url: string): string | undefined {
  const { hostname } = URL.parse(url) ?? {};
  if (hostname === undefined) return undefined;
  return parseAddress(hostname) ?? hostname.replace(/\.$/, "");
}

/** Whether a header `Host` names one host; an empty or absent one names none, as HTTP/1.0 allows. */
export function isHostHeader(header: string | null): boolean {
  return header === null || header === "" || HOST_HEADER.test(header);
}

/** Whether the name is `localhost` or a loopback address. No DNS name can be one of these. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isOwnMachine(name);
}

/** The part of the configuration that these rules need. */
export interface HostConfig {
  readonly listeners: { readonly host: string };
  readonly auth: ProofConfig;
  readonly net: { readonly hosts: readonly string[]; readonly isOpen: boolean };
}

export class HostRules {
  readonly #names: ReadonlySet<string>;
  /** Ends of names that are allowed, such as `.shop.example`. */
  readonly #suffixes: readonly string[];
  readonly #isNamed: boolean;
  readonly #isInForce: boolean;

  constructor({ listeners: { host }, auth, net: { hosts, isOpen } }: HostConfig) {
    const own = parseHostPattern(host); // the program's own commands call the server by this
    this.#names = new Set([...hosts.filter((name) => !name.startsWith("*")), own ?? host]);
    this.#suffixes = hosts.filter((name) => name.startsWith("*")).map((name) => name.slice(1));
    this.#isNamed = hosts.length > 0;
    this.#isInForce = this.#isNamed || (isOpenServer(auth) && !isOpen);
  }

  /** Whether `APP_HOSTS` lists names. Without a list, an open server may only be called by loopback names. */
  get areNamed(): boolean {
    return this.#isNamed;
  }

  /**
   * The host in the request by which the server may not be called; `undefined` if there is none. The target of a request
   * may name another host than the header `Host`, and both must be allowed.
   */
  foreignHost(request: Request): string | undefined {
    if (!this.#isInForce) return undefined;
    const header = request.headers.get("host");
    if (header !== null && header !== "" && !this.#allows(`http://${header}`)) return header;
    return this.#allows(request.url) ? undefined : new URL(request.url).host;
  }

  #allows(url: string): boolean {
    const name = hostOfUrl(url);
    return name !== undefined && name !== "" &&
      (isLoopbackName(name) || this.#names.has(name) ||
        this.#suffixes.some((suffix) => name.endsWith(suffix)));
  }
}

function plainHost(name: string): string | undefined {
  if (!HOST_HEADER.test(name) || /[:%]/.test(name)) return undefined;
  return hostOfUrl(`http://${name}`) || undefined;
}

function prefixed(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : prefix + name;
}
