/**
 * By which host names the server may be called. A name of another site may lead to this machine (DNS rebinding), and
 * then that site's page is of "the same site".
 */
import { isOwnMachine, parseAddress } from "./addresses.ts";

/** A host and maybe a port, as the header `Host` and a URL have it (RFC 9112, section 3.2). */
const HOST_HEADER = /^(?:\[[\da-f:.]+\]|[^\s,@/?#\\[\]:]+)(?::\d{0,5})?$/i;

/** `shop.example` or `*.shop.example`, in the one form that a URL has; `undefined` where the text is no such name. */
export function parseHostPattern(text: string): string | undefined {
  const [, wildcard = "", name = ""] = /^(\*\.)?([^*]+)$/.exec(text) ?? [];
  const address = parseAddress(name);
  if (wildcard !== "") {
    return address === undefined ? prefixed(wildcard, plainHost(name)) : undefined;
  }
  return address ?? plainHost(name);
}

/** The name that a URL calls the server by: no port, no brackets, no dot at the end. IPv4 in IPv6 is IPv4. */
export function hostOfUrl(url: string): string | undefined {
  const { hostname } = URL.parse(url) ?? {};
  if (hostname === undefined) return undefined;
  return parseAddress(hostname) ?? hostname.replace(/\.$/, "");
}

/** Whether a header `Host` names one host; an empty or absent one names none, as HTTP/1.0 allows. */
export function isHostHeader(header: string | null): boolean {
  return header === null || header === "" || HOST_HEADER.test(header);
}

/** `localhost` and literal addresses: no DNS name can be one of them. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || isOwnMachine(name);
}

/** What it takes of the configuration. */
export interface HostConfig {
  readonly listeners: { readonly host: string };
  /** Absent in open mode. */
  readonly auth: { readonly tokens?: unknown };
  readonly net: { readonly hosts: readonly string[]; readonly isOpen: boolean };
}

export class HostRules {
  readonly #names: ReadonlySet<string>;
  /** Such as `.shop.example`. */
  readonly #suffixes: readonly string[];
  readonly #isNamed: boolean;
  readonly #isInForce: boolean;

  constructor({ listeners: { host }, auth: { tokens }, net: { hosts, isOpen } }: HostConfig) {
    const own = parseHostPattern(host); // what the server's own commands call it by
    this.#names = new Set([...hosts.filter((name) => !name.startsWith("*")), own ?? host]);
    this.#suffixes = hosts.filter((name) => name.startsWith("*")).map((name) => name.slice(1));
    this.#isNamed = hosts.length > 0;
    this.#isInForce = this.#isNamed || (tokens === undefined && !isOpen);
  }

  /** Whether `APP_HOSTS` says which names there are; else an open server has none but those of loopback. */
  get areNamed(): boolean {
    return this.#isNamed;
  }

  /**
   * The host by which the server may not be called, as the request has it; `undefined` where it may. The target of a
   * request may name another host than its header, and both must be good.
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
