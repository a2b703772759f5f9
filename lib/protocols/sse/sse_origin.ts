/** Lets pages of other sites have streams of events, if they may connect at all. */
import type { Context, Next } from "hono";
import { CodedError } from "../../base/errors.ts";
import type { Bindings } from "../../http/bindings.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../../net/origin.ts";

type SseContext = Context<{ Bindings: Bindings }>;

/** Refuses pages of other sites, but for those that may connect: these may read the answers, too. */
export function requireAllowedOrigin(origins: AllowedOrigins) {
  return async (context: SseContext, next: Next): Promise<void> => {
    const origin = context.req.header("origin");
    if (!isAllowedOrigin(context.req.raw, origins)) {
      throw new CodedError("forbidden", refusedOrigin(context.req.raw));
    }
    if (origin !== undefined) context.header("Access-Control-Allow-Origin", origin);
    context.header("Vary", "Origin");
    await next();
  };
}

/** Answers a page of another site that asks first whether it may send its token. */
export function allowToken(context: SseContext): Response {
  context.header("Access-Control-Allow-Headers", "authorization, last-event-id");
  context.header("Access-Control-Max-Age", "86400");
  return context.body(null, 204);
}
