/** Tells callers on this machine from others. While there is no API key, the API is for programs on this machine. */
import { isOwnMachine, parseAddress } from "./addresses.ts";
import { isAllowedOrigin, isOfUnnamedSite } from "./origin.ts";
import { hostOfUrl, isLoopbackName } from "./host_rules.ts";
import { proxyHeader } from "./proxy_headers.ts";

/**
 * Why a call does not come from a program on this machine; `undefined` if nothing says so. That is no proof: a proxy may
 * add no header.
 *
 * @param address of the caller
 * @param host on which the server listens: a caller with that address is on this machine, too
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
  if (isOfUnnamedSite(request)) return "Cannot use the API from a page of another site";
  const proxy = proxyHeader(request.headers);
  if (proxy !== undefined) {
    return `Cannot use the API through a proxy without a key: the request has the header '${proxy}'`;
  }
  const name = hostOfUrl(request.url) ?? "";
  if (isLoopbackName(name) || name === host) return undefined;
  const shown = JSON.stringify(new URL(request.url).host);
  return `Cannot use the API as host ${shown} without a key: call it by a loopback address`;
}

export function isLoopback(address: string): boolean {
  return isOwnMachine(parseAddress(address) ?? "");
}
