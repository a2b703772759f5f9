/** Until there are API keys, the API answers programs on this machine only. */
import { BlockList, isIPv6 } from "node:net";
import type { Context, Next } from "hono";
import { NotifyliError } from "../errors.ts";
import { isAllowedOrigin } from "../origin.ts";
import type { Bindings } from "./bindings.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Headers that only a proxy sets: behind one, every caller would look local. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/** @param host the address the server listens on: a caller from it is on this machine, too */
export function requireLocalCaller(host: string) {
  return async (context: Context<{ Bindings: Bindings }>, next: Next): Promise<void> => {
    const { address } = context.env.peer;
    if (!isLoopback(address) && address !== host) {
      throw new NotifyliError(
        "forbidden",
        `Cannot use the API from ${address}: only from this machine`,
      );
    }
    const proxy = PROXY_HEADERS.find((name) => context.req.header(name) !== undefined);
    if (proxy !== undefined) {
      throw new NotifyliError(
        "forbidden",
        `Cannot use the API through a proxy: the request has the header '${proxy}'`,
      );
    }
    refuseOtherSites(context.req.raw, host);
    await next();
  };
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  return LOOPBACK.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** A page of another site, open in a browser on this machine, is not a program of this machine's user. */
function refuseOtherSites(request: Request, listensOn: string): void {
  if (!isAllowedOrigin(request, [])) {
    throw new NotifyliError(
      "forbidden",
      `Cannot use the API from a page of ${JSON.stringify(request.headers.get("origin"))}`,
    );
  }
  // Else a name of another site that resolves to this machine would be "the same site".
  const { host, hostname } = new URL(request.url);
  const name = hostname.replace(/^\[|\]$/g, "");
  if (name !== "localhost" && name !== listensOn && !isLoopback(name)) {
    throw new NotifyliError(
      "forbidden",
      `Cannot use the API as host ${JSON.stringify(host)}: call it by a loopback address`,
    );
  }
}
