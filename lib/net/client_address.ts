/** The address of who is really there: what a proxy says of it counts where the proxy is one of ours. */
import { AddressList, parseAddress, UNKNOWN_ADDRESS } from "./addresses.ts";

/** Most hops that are looked at, from the right. */
const MAX_HOPS = 32;

export class ClientAddresses {
  readonly #trusted: AddressList;

  /** @param trustedProxies addresses and networks of the proxies whose word counts */
  constructor(trustedProxies: readonly string[]) {
    this.#trusted = new AddressList(trustedProxies);
  }

  /**
   * The one form of the client's address. Each proxy adds at the right whom it was called by, so the rightmost that is
   * no proxy of ours is the client; what stands left of it, anyone may have written.
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

/** From the nearest on. `Forwarded` counts where the proxy sets no `X-Forwarded-For`: else anyone might set it. */
function hopsOf(headers: Headers): string[] {
  const forwardedFor = headers.get("x-forwarded-for");
  if (forwardedFor !== null) return lastOf(forwardedFor);
  const forwarded = headers.get("forwarded");
  return forwarded === null ? [] : lastOf(forwarded).map(forOf);
}

function lastOf(list: string): string[] {
  return list.split(",").slice(-MAX_HOPS).reverse();
}

/** `[2001:db8::1]:80` of `proto=https;for="[2001:db8::1]:80"` (RFC 7239, section 4). */
function forOf(element: string): string {
  const pair = element.split(";").map((each) => each.trim()).find((each) => /^for=/i.test(each));
  return pair?.slice("for=".length).replace(/^"(.*)"$/, "$1") ?? UNKNOWN_ADDRESS;
}
