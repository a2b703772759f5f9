/** Lets pages of allowed sites read what the server tells browsers: the client library, and what a page has to know. */
import type { Context, Next } from "hono";
import type { Refusals } from "../core/refusals.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import { isListedOrigin } from "../net/origin_patterns.ts";
import type { App } from "./bindings.ts";

interface Opening {
  readonly origins: AllowedOrigins;
  readonly refusals: Refusals;
}

/** Opens paths that anyone may GET to the pages of these origins. Others are answered, too, but browsers keep that from them. */
export function openTo(app: App, paths: readonly string[], { origins, refusals }: Opening): void {
  for (const path of paths) {
    app.use(path, async (context: Context, next: Next) => {
      const { raw } = context.req;
      const origin = context.req.header("origin");
      const isAllowed = isAllowedOrigin(raw, origins);
      const answer = isPreflight(raw) ? allowAll(context) : await next();
      context.header("Vary", "Origin", { append: true });
      if (origin !== undefined && isAllowed) context.header("Access-Control-Allow-Origin", origin);
      if (!isAllowed) refusals.log.notePage(refusedOrigin(raw));
      return answer;
    });
  }
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

function allowAll(context: Context): void {
  context.res = new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET",
      "Access-Control-Allow-Headers": "*",
      "Access-Control-Max-Age": "86400",
    },
  });
}
