/**
 * Lets pages of allowed sites read what the server tells browsers: the client library, what a page has to know, and the
 * answers to what they call as their users.
 */
import type { Context, Next } from "hono";
import { REQUEST_ID, REQUEST_ID_LOWER } from "../base/request_id.ts";
import type { Refusals } from "../core/refusals.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import { isListedOrigin } from "../net/origin_patterns.ts";
import type { App } from "./bindings.ts";
import type { ApiApp } from "./api_context.ts";
import type { Route } from "./route.ts";

interface Opening {
  readonly origins: AllowedOrigins;
  readonly refusals: Refusals;
}

/** What a page may ask at a path. */
export interface Allowed {
  readonly methods: readonly string[];
  readonly headers: string;
  /** Headers of answers that the page may read. */
  readonly read?: readonly string[];
}

/** What callers of the API say in headers. */
const API_HEADERS = ["authorization", "content-type", "idempotency-key", REQUEST_ID_LOWER];

/** What a page may read of every answer. */
const READ_HEADERS = ["Retry-After", REQUEST_ID];

/** Opens paths that anyone may GET to the pages of these origins. Others are answered, too, but browsers keep that from them. */
export function openTo(
  app: App,
  paths: readonly string[],
  opening: Opening,
  allowed: Allowed = { methods: ["GET"], headers: "*" },
): void {
  for (const path of paths) app.use(path, opener(allowed, opening));
}

/** Opens the routes that users may call to the pages of these origins, each path for the methods that users have there. */
export function openToUsers(api: ApiApp, routes: readonly Route[], opening: Opening): void {
  const forUsers = Map.groupBy(routes.filter(({ users }) => users), ({ path }) => path);
  for (const [path, there] of forUsers) {
    const methods = there.map(({ method }) => method);
    const headers = there.flatMap(({ browsers }) => browsers?.sent ?? []);
    const read = there.flatMap(({ browsers }) => browsers?.read ?? []);
    const allowed = [...new Set([...API_HEADERS, ...headers])].join(", ");
    api.use(path, opener({ methods, headers: allowed, read: [...new Set(read)] }, opening));
  }
}

function opener(allowed: Allowed, { origins, refusals }: Opening) {
  const exposed = [...READ_HEADERS, ...allowed.read ?? []].join(", ");
  return async (context: Context, next: Next) => {
    const { raw } = context.req;
    const origin = context.req.header("origin");
    const isAllowed = isAllowedOrigin(raw, origins);
    const answer = isPreflight(raw) ? allow(context, allowed) : await next();
    context.header("Vary", "Origin", { append: true });
    if (origin !== undefined && isAllowed) {
      context.header("Access-Control-Allow-Origin", origin);
      context.header("Access-Control-Expose-Headers", exposed);
    }
    if (!isAllowed) refusals.log.notePage(refusedOrigin(raw));
    return answer;
  };
}

/**
 * The answer to a request that goes no further, which a page of an allowed origin may read: a browser would tell it no
 * more than that something failed. Where the browser asks first, it is let go on, and gets the refusal then.
 */
export function refusalFor(request: Request, refused: Response, origins: AllowedOrigins): Response {
  const origin = request.headers.get("origin");
  if (origin === null || !isListedOrigin(origin, origins)) return refused;
  const answer = isPreflight(request) ? goOn(request) : refused;
  answer.headers.set("Access-Control-Allow-Origin", origin);
  answer.headers.set("Access-Control-Expose-Headers", READ_HEADERS.join(", "));
  answer.headers.append("Vary", "Origin");
  return answer;
}

function goOn({ headers }: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET, POST",
      "Access-Control-Allow-Headers": headers.get("access-control-request-headers") ?? "",
    },
  });
}

/** Whether a browser asks first what a page may send. */
function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("origin") &&
    headers.has("access-control-request-method");
}

function allow(context: Context, { methods, headers }: Allowed): void {
  context.res = new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": methods.join(", "),
      "Access-Control-Allow-Headers": headers,
      "Access-Control-Max-Age": "86400",
    },
  });
}
