/** Who is on this machine: while there is no key, neither the API nor an open server is for others. */
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
  if (!isAllowedOrigin(request, [])) {
    return `Cannot use the API from a page of ${JSON.stringify(request.headers.get("origin"))}`;
  }
  return whyFromOutside(request, { doing: "use the API", host });
}

/** Why a call that reaches this machine may come from outside all the same; `undefined` if it does not. */
export function whyFromOutside(
  request: Request,
  { doing, host }: { doing: string; host: string },
): string | undefined {
  const proxy = PROXY_HEADERS.find((name) => request.headers.has(name));
  if (proxy !== undefined) {
    return `Cannot ${doing} through a proxy without a key: the request has the header '${proxy}'`;
  }
  return whyOtherHost(request, { doing, listensOn: host });
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  // The usual ones need no search, which costs 3 µs.
  return plain === "127.0.0.1" || plain === "::1" ||
    LOOPBACK.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** A name of another site may resolve to this machine (DNS rebinding): its page would be of "the same site". */
function whyOtherHost(
  request: Request,
  { doing, listensOn }: { doing: string; listensOn: string },
): string | undefined {
  const { host, hostname } = new URL(request.url);
  const name = hostname.replace(/^\[|\]$/g, "");
  const isLocal = name === "localhost" || name.endsWith(".localhost") || name === listensOn ||
    isLoopback(name);
  if (isLocal) return undefined;
  return `Cannot ${doing} as host ${JSON.stringify(host)}: call it by a loopback address`;
}
