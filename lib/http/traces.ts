/** What a call of the API tells of who makes it: for the check of its caller, and for the audit log. */
import type { Actor } from "../auth/audit.ts";
import type { ApiContext } from "./api_context.ts";

/** Most characters of a path in the log. */
const MAX_PATH = 200;

/** The caller as the audit log names it. */
export function actorOf(context: ApiContext): Actor {
  const { who, site } = context.get("caller");
  return { who, site, address: addressOf(context) };
}

/** What the audit log says was tried. Secrets are cut out: somebody may put a whole key in the place of its id. */
export function actionOf({ req: { method, path } }: ApiContext): string {
  const shown = path.replace(/(nk_[0-9A-Za-z]{12}_)[0-9A-Za-z]+/g, "$1***")
    .replace(/no_[\w-]{16,}/g, "no_***");
  return `${method} ${shown.slice(0, MAX_PATH)}`;
}

/** Who a refused request is from. A wrong key is named by its id; the rest of the key is never logged. */
export function originOf(context: ApiContext): { who: string; action: string; address: string } {
  const [, id] = /^nk_([0-9A-Za-z]{12})_/.exec(shownKey(context) ?? "") ?? [];
  const who = context.env.known?.caller.who ?? id ?? "nobody";
  return { who, action: actionOf(context), address: addressOf(context) };
}

/** The caller's address as trusted proxies say it. They have no say in whether a caller is on this machine. */
export function addressOf(context: ApiContext): string {
  return context.get("gate").addressOf(context.req.raw, context.env.peer);
}

/** The key that a request shows. `X-API-Key` goes first, since a proxy may have an `Authorization` of its own. */
export function shownKey(context: ApiContext): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "") ?? [];
  return context.req.header("x-api-key") || bearer;
}
