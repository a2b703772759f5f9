/** Finds the address of the client. A proxy may say for whom it speaks if it is a trusted one. */
import { AddressList, parseAddress, UNKNOWN_ADDRESS } from "./addresses.ts";

/** How many hops are looked at, from the right. */
const MAX_HOPS = 32;

export class ClientAddresses {
  readonly #trusted: AddressList;

  /** @param trustedProxies addresses and networks of the proxies whose word counts */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = new AddressList(trustedProxies);
  }

  /**
   * The one form of the client's address. Each proxy appends the address that called it, so the rightmost address that
   * is no trusted proxy is the client's. Anyone may have written what stands left of it.
   *
   * @param peer address of the other end of the connection
   */
  of(headers: Headers, peer: string): string {
    const direct = parseAddress(peer) ?? UNKNOWN_ADDRESS;
    if (!this.#trusted.has(direct)) return direct;
    let client = direct;
    for (const hop of hopsOf(headers)) {
      client = parseAddress(hop) ?? UNKNOWN_ADDRESS;
      if (!this.#trusted.has(client)) return client;
    }
    return client;
  }
}

/**
 * The hops, the nearest first. `Forwarded` counts only without `X-Forwarded-For`: a proxy that sets the latter may pass
 * on a `Forwarded` that the client wrote.
 */
function hopsOf(headers: Headers): string[] {
  const forwardedFor = headers.get("x-forwarded-for");
  if (forwardedFor !== null) return lastOf(forwardedFor);
  const forwarded = headers.get("forwarded");
  return forwarded === null ? [] : lastOf(forwarded).map(forOf);
}

function lastOf(list: string): string[] {
  return list.split(",").slice(-MAX_HOPS).reverse();
}

/** Turns `proto=https;for="[2001:db8::1]:80"` into `[2001:db8::1]:80` (RFC 7239, section 4). */
function forOf(element: string): string {
  const pair = element.split(";").map((each) => each.trim()).find((each) => /^for=/i.test(each));
  return pair?.slice("for=".length).replace(/^"(.*)"$/, "$1") ?? UNKNOWN_ADDRESS;
}
