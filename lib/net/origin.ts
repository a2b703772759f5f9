/** Decides which web pages may use the server. A browser says where a page is from; a program says nothing. */

/** Origins besides the server's own, such as `https://shop.example`; `*` for any. */
export type AllowedOrigins = readonly string[];

/** Whether a request comes from a page of the server itself or of an allowed site, or from no page at all. */
export function isAllowedOrigin(request: Request, allowed: AllowedOrigins): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || allowed.includes("*") || allowed.includes(origin)) return true;
  return isOwnOrigin(origin, request);
}

/** Whether a request surely comes from a page of the server itself, and not from a program. */
export function isOwnPage(request: Request): boolean {
  const origin = request.headers.get("origin");
  // A browser names no origin in a GET to the page's own server.
  if (origin === null) return request.headers.get("sec-fetch-site") === "same-origin";
  return isOwnOrigin(origin, request);
}

function isOwnOrigin(origin: string, request: Request): boolean {
  const url = URL.parse(origin);
  // The first test refuses an origin with a user or a path. HTTP/2 has no header `Host`, so the URL's host is compared.
  return url?.origin === origin && url.host === new URL(request.url).host;
}

/** The message to a page that may not connect. */
export function refusedOrigin(request: Request): string {
  const origin = JSON.stringify(request.headers.get("origin"));
  return `A page of ${origin} may not connect; APP_ALLOWED_ORIGINS names those that may`;
}
