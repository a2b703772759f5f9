/**
 * Knows the headers that proxies, tunnels and content networks add, and programs and browsers do not. Their absence
 * proves nothing: a bare `proxy_pass` of nginx adds none, nor does HAProxy without `forwardfor`.
 */

const NAMES: ReadonlySet<string> = new Set([
  ...["forwarded", "via", "x-forwarded", "forwarded-for", "proxy-client-ip", "wl-proxy-client-ip"],
  ...["client-ip", "x-client-ip", "x-cluster-client-ip", "x-proxyuser-ip", "x-remote-ip"],
  ...["true-client-ip", "cdn-loop", "x-amzn-trace-id", "x-amz-cf-id", "x-cloud-trace-context"],
  ...["x-scheme", "x-url-scheme", "front-end-https", "x-host", "x-appengine-user-ip", "x-varnish"],
]);

const PREFIXES: readonly string[] = [
  ...["x-forwarded-", "x-original-", "x-real-", "x-envoy-", "x-proxy-"],
  ...[
    "cf-",
    "fly-",
    "fastly-",
    "x-azure-",
    "x-appgw-",
    "x-arr-",
    "x-nf-",
    "x-vercel-",
    "x-railway-",
  ],
  ...["tailscale-", "ngrok-"],
];

/** The first header in a request that a proxy must have added. */
export function proxyHeader(headers: Headers): string | undefined {
  for (const [name] of headers) {
    if (NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix))) return name;
  }
  return undefined;
}
