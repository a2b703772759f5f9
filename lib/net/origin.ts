/** Decides which web pages may use the server. A browser says where a page is from; a program says nothing. */
import { isListedOrigin } from "./origin_patterns.ts";

/** Origins besides the server's own, and patterns of them, in the form of `parseOriginPattern`; `*` for any. */
export type AllowedOrigins = readonly string[];

/** Most characters of an origin in a message and in the log. */
const MAX_SHOWN = 200;

/** Whether a request comes from a page of the server itself or of an allowed site, or from no page at all. */
export function isAllowedOrigin(request: Request, allowed: AllowedOrigins): boolean {
  const origin = request.headers.get("origin");
  return origin === null || isListedOrigin(origin, allowed) || isOwnOrigin(origin, request);
}

/** Whether a request surely comes from a page of the server itself, and not from a program. */
export function isOwnPage(request: Request): boolean {
  const origin = request.headers.get("origin");
  // A browser names no origin in a GET to the page's own server.
  if (origin === null) return request.headers.get("sec-fetch-site") === "same-origin";
  return isOwnOrigin(origin, request);
}

/**
 * Whether a browser sends a request for a page of another site and does not name the site: as the page opens a window or
 * a frame with it, or takes it for a script or an image (Fetch Metadata).
 */
export function isOfUnnamedSite({ headers }: Request): boolean {
  const site = headers.get("sec-fetch-site");
  if (site === null || site === "same-origin" || site === "none") return false;
  return !headers.has("origin");
}

/** The message to a page that may not connect. */
export function refusedOrigin(request: Request): string {
  const origin = request.headers.get("origin") ?? "";
  const refusal = `A page of ${
    JSON.stringify(origin.slice(0, MAX_SHOWN))
  } may not connect; APP_ALLOWED_ORIGINS names those that may`;
  const { host, hostname } = new URL(request.url);
  if (URL.parse(origin)?.hostname !== hostname) return refusal;
  return `${refusal}. The server was asked for as ${
    JSON.stringify(host)
  }: a proxy in front must pass on ` +
    "the header 'Host' as it came, with its port";
}

function isOwnOrigin(origin: string, request: Request): boolean {
  const page = URL.parse(origin);
  // The first test refuses an origin with a user or a path, the second one that no page has.
  if (page?.origin !== origin || !/^https?:$/.test(page.protocol)) return false;
  const own = new URL(request.url); // HTTP/2 has no header `Host`
  // Whoever is on the way of a page that comes by plain http can write into it.
  if (page.protocol === "http:") return page.host === own.host && !cameByTls(own, request);
  return page.host === own.host || `${page.host}:443` === own.host;
}

function cameByTls({ protocol }: URL, { headers }: Request): boolean {
  return protocol === "https:" || /^\s*https\s*(,|$)/i.test(headers.get("x-forwarded-proto") ?? "");
}
