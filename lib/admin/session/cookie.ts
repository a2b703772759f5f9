/** The cookie that holds the secret of a session. */
import { SESSION_SECONDS } from "./sessions.ts";

const NAME = "notifyli_admin";

/** What the browser holds; several where one of another path has the same name. */
export function secretsOf({ headers }: Request): string[] {
  return (headers.get("cookie") ?? "").split(";")
    .map((pair) => pair.trim().split("="))
    .filter(([name]) => name === NAME)
    .map(([, value = ""]) => value);
}

/**
 * The header that has a browser hold the secret; an empty secret has the browser forget it. No `Path` is said: it is the
 * folder that the browser has called, `…/admin`, also where a proxy has cut off a path that the server knows nothing of.
 */
export function cookieFor(request: Request, secret: string): string {
  const seconds = secret === "" ? 0 : SESSION_SECONDS;
  const secure = cameByTls(request) ? "; Secure" : "";
  return `${NAME}=${secret}; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}

/** Whether the browser came by TLS, as far as is known. Who says so wrongly only keeps the own cookie from plain http. */
function cameByTls({ url, headers }: Request): boolean {
  return url.startsWith("https:") ||
    /^\s*https\s*(,|$)/i.test(headers.get("x-forwarded-proto") ?? "") ||
    /(^|[;,\s])proto="?https"?/i.test(headers.get("forwarded") ?? "");
}
