/** Lets pages of other sites have streams of events, if they may connect at all. */
import type { Context, Next } from "hono";
import { CodedError } from "../../base/errors.ts";
import { REQUEST_ID } from "../../base/request_id.ts";
import type { Refusals } from "../../core/refusals.ts";
import type { Bindings } from "../../http/bindings.ts";
import {
  type AllowedOrigins,
  isAllowedOrigin,
  isOfUnnamedSite,
  refusedOrigin,
} from "../../net/origin.ts";

export type SseContext = Context<{ Bindings: Bindings }>;

interface PageRules {
  readonly origins: AllowedOrigins;
  /** Whether the server is open, so that whoever asks for a user's stream gets it. */
  readonly isOpen: boolean;
  readonly refusals: Refusals;
}

/** Refuses pages of other sites, but for those that may connect: these may read the answers, too. */
export function requireAllowedOrigin({ refusals, ...rules }: PageRules) {
  return async (context: SseContext, next: Next): Promise<void> => {
    context.header("Vary", "Origin, Sec-Fetch-Site");
    const refusal = refusalOf(context.req.raw, rules);
    if (refusal !== undefined) {
      refusals.log.notePage(refusal);
      throw new CodedError("forbidden", refusal);
    }
    const origin = context.req.header("origin");
    if (origin !== undefined) {
      context.header("Access-Control-Allow-Origin", origin);
      context.header("Access-Control-Expose-Headers", REQUEST_ID);
    }
    await next();
  };
}

/** Answers a page of another site that asks first what it may send: its token, or commands as JSON. */
export function allowFields(context: SseContext): Response {
  context.header("Access-Control-Allow-Methods", "GET, POST");
  const fields = "authorization, content-type, last-event-id, x-session";
  context.header("Access-Control-Allow-Headers", fields);
  context.header("Access-Control-Max-Age", "86400");
  return context.body(null, 204);
}

function refusalOf(
  request: Request,
  { origins, isOpen }: Omit<PageRules, "refusals">,
): string | undefined {
  if (!isAllowedOrigin(request, origins)) return refusedOrigin(request);
  if (!isOpen) return undefined; // a browser sends no token by itself, and a cookie counts for the own page alone
  if (!isOfUnnamedSite(request) && !isShown(request)) return undefined;
  // Such a page could not read the stream, but would take what waits for the user.
  return "A page of another site may not open a stream as a window, a frame, a script or an image: " +
    "it has to use EventSource or fetch, by which a browser says where the page is from";
}

/**
 * Whether a browser shows the answer as a page or in one, and does not say for whom, as over plain http to another machine.
 * What scripts load cannot be told from what programs ask for.
 */
function isShown({ headers }: Request): boolean {
  return !headers.has("sec-fetch-site") &&
    /^\s*(text\/(html|css)|image\/|audio\/|video\/)/i.test(headers.get("accept") ?? "");
}
