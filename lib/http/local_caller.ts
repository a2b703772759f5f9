/** While there are no API keys, the API answers programs on this machine only. */
import { BlockList, isIPv6 } from "node:net";
import { isAllowedOrigin } from "../origin.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Headers that only a proxy sets: behind one, every caller would look local. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Why a call does not come from a program on this machine; `undefined` if it does.
 *
 * @param address where the call comes from
 * @param host the address the server listens on: a caller from it is on this machine, too
 */
export function whyNotLocal(
  request: Request,
  { address, host }: { address: string; host: string },
): string | undefined {
  if (!isLoopback(address) && address !== host) {
    return `Cannot use the API from ${address} without a key: only from this machine`;
  }
  const proxy = PROXY_HEADERS.find((name) => request.headers.has(name));
  if (proxy !== undefined) {
    return `Cannot use the API through a proxy without a key: the request has the header '${proxy}'`;
  }
  return whyOtherSite(request, host);
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  // The usual ones need no search, which costs 3 µs.
  return plain === "127.0.0.1" || plain === "::1" ||
    LOOPBACK.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** A page of another site, open in a browser on this machine, is not a program of this machine's user. */
function whyOtherSite(request: Request, listensOn: string): string | undefined {
  if (!isAllowedOrigin(request, [])) {
    return `Cannot use the API from a page of ${JSON.stringify(request.headers.get("origin"))}`;
  }
  // Else a name of another site that resolves to this machine would be "the same site".
  const { host, hostname } = new URL(request.url);
  const name = hostname.replace(/^\[|\]$/g, "");
  if (name === "localhost" || name === listensOn || isLoopback(name)) return undefined;
  return `Cannot use the API as host ${JSON.stringify(host)}: call it by a loopback address`;
}
