/**
 * Tells requests of the dashboard's own page from those that another page has a browser send. A cookie goes along with
 * either, so a cookie alone proves nothing.
 */
import { isOwnPage, refusedOrigin } from "../../net/origin.ts";

/** A header that no page of another site can send without asking first, and which nobody is allowed. */
const HEADER = "x-notifyli-admin";

/** Why a request is not taken for one of the dashboard's own page; `undefined` where it is. */
export function whyNotOwn(request: Request): string | undefined {
  if (request.headers.get(HEADER) !== "1") return "The header 'X-Notifyli-Admin: 1' is missing";
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (isOwnPage(request) || (isRead && isFromNoPage(request))) return undefined;
  return request.headers.has("origin")
    ? `${refusedOrigin(request)}; in the dashboard none but its own page may`
    : "Only the dashboard's own page changes anything: the request names no 'Origin'";
}

function isFromNoPage({ headers }: Request): boolean {
  return !headers.has("origin") && [null, "none"].includes(headers.get("sec-fetch-site"));
}
