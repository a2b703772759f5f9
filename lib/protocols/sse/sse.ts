/**
 * Server-Sent Events, for places where WebSockets do not pass: a connection of version 2, whose frames go down as events and
 * whose commands come up as POSTs. Where there is a query, the server introduces the client (`sse_plain.ts`), for
 * `EventSource` and `curl`. Next: `sse_streams.ts`, which opens a stream.
 */
import { Hono } from "hono";
import { CodedError } from "../../base/errors.ts";
import type { Limits } from "../../base/sizes.ts";
import type { App } from "../../http/bindings.ts";
import { readBody } from "../../http/body.ts";
import type { AllowedOrigins } from "../../net/origin.ts";
import { sendToSession } from "./session.ts";
import { allowFields, requireAllowedOrigin, type SseContext } from "./sse_origin.ts";
import { type SseParts, SseStreams } from "./sse_streams.ts";

const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no", // nginx would wait for more otherwise
  "connection": "close", // the TCP connection ends with its stream, so that a stop need not wait for it
};

/** Names the session of a POST where its path does not, which logs have. */
const SESSION_HEADER = "X-Session";

/** The part of the configuration that streams need. */
export interface SseConfig {
  readonly limits: Limits;
  readonly listeners: { readonly keepaliveSeconds: number; readonly requestSeconds: number };
  readonly net: { readonly origins: AllowedOrigins };
}

export function sseRoutes(parts: SseParts, config: SseConfig): App {
  const { limits, listeners: { keepaliveSeconds, requestSeconds } } = config;
  const streams = new SseStreams(parts, { limits, keepaliveSeconds });
  const routes: App = new Hono();

  routes.use(requireAllowedOrigin({
    origins: config.net.origins,
    isOpen: parts.check.isOpen,
    refusals: parts.node.refusals,
  }));
  routes.options("/", allowFields);
  routes.options("/:session", allowFields);

  routes.get("/", async (context) => {
    if (context.req.method === "HEAD") return context.body(null, 200, HEADERS);
    return context.body(await streams.open(context.req.raw, context.env.peer), 200, HEADERS);
  });

  routes.post("/", (context) => {
    const session = context.req.header(SESSION_HEADER);
    if (session !== undefined) return take(context, session);
    throw new CodedError("missing_field", `Missing header '${SESSION_HEADER}'`);
  });

  routes.post("/:session", (context) => take(context, context.req.param("session")));

  return routes;

  /** Takes commands for a session. */
  async function take(context: SseContext, session: string): Promise<Response> {
    const text = await readBody(context.req.raw, limits.frame, requestSeconds, context.env.peer);
    if (await sendToSession(parts.node.broker, session, text)) return context.body(null, 202);
    throw new CodedError("not_found", `There is no session ${JSON.stringify(session)}`);
  }
}
