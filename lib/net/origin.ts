/** Which web pages may use a server: a browser says where a page is from, and a program says nothing. */

/** Origins besides the server's own, such as `https://shop.example`; `*` for any. */
export type AllowedOrigins = readonly string[];

/** Whether a request comes from a page of the server itself or of an allowed site, or from no page at all. */
export function isAllowedOrigin(request: Request, allowed: AllowedOrigins): boolean {
  const origin = request.headers.get("origin");
  if (origin === null || allowed.includes("*") || allowed.includes(origin)) return true;
  return isOwnOrigin(origin, request);
}

/** Whether a request surely comes from a page of the server itself: that of no page at all does not. */
export function isOwnPage(request: Request): boolean {
  const origin = request.headers.get("origin");
  // A browser names no origin where it reads from the page's own.
  if (origin === null) return request.headers.get("sec-fetch-site") === "same-origin";
  return isOwnOrigin(origin, request);
}

function isOwnOrigin(origin: string, request: Request): boolean {
  const url = URL.parse(origin);
  // Nothing but an origin: no user, no path. HTTP/2 has no Host header.
  return url?.origin === origin && url.host === new URL(request.url).host;
}

/** What is said to a page that may not connect. */
export function refusedOrigin(request: Request): string {
  const origin = JSON.stringify(request.headers.get("origin"));
  return `A page of ${origin} may not connect; APP_ALLOWED_ORIGINS names those that may`;
}
