/** Until there are API keys, the API answers programs on this machine only. */
import { BlockList, isIPv6 } from "node:net";
import type { Context, Next } from "hono";
import { NotifyliError } from "../errors.ts";
import type { Bindings } from "./bindings.ts";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Headers that only a proxy sets: behind one, every caller would look local. */
const PROXY_HEADERS = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

export async function requireLocalCaller(
  context: Context<{ Bindings: Bindings }>,
  next: Next,
): Promise<void> {
  const { address } = context.env.peer;
  if (!isLoopback(address)) {
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
  refuseOtherSites(context);
  await next();
}

export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  return LOOPBACK.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

/** A page of another site, open in a browser on this machine, is not a program of this machine's user. */
function refuseOtherSites(context: Context): void {
  const origin = context.req.header("origin");
  const { host, hostname } = new URL(context.req.url); // HTTP/2 has no Host header
  if (origin !== undefined && URL.parse(origin)?.host !== host) {
    throw new NotifyliError(
      "forbidden",
      `Cannot use the API from a page of ${JSON.stringify(origin)}`,
    );
  }
  // Else a name of another site that resolves to this machine would be "the same site".
  if (hostname !== "localhost" && !isLoopback(hostname.replace(/^\[|\]$/g, ""))) {
    throw new NotifyliError(
      "forbidden",
      `Cannot use the API as host ${JSON.stringify(host)}: call it by a loopback address`,
    );
  }
}
