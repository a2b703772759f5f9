/** The HTTP API for other systems: puts the routes of all capabilities on Hono, each behind the scope that it needs. */
import { Hono } from "hono";
import { tracer } from "../base/tracing.ts";
import type { Refusals } from "../core/refusals.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { type Calls, requireReadablePath } from "./calls.ts";
import type { ApiApp, ApiContext, ApiEnv } from "./api_context.ts";
import { openToUsers } from "./cors.ts";
import { bytesStream, JSON_LINES, linesStream } from "./lines.ts";
import type { HttpAnswer, Route } from "./route.ts";

export interface ApiParts {
  readonly node: { readonly refusals: Refusals };
  readonly calls: Calls;
}

/** The part of the configuration that the API needs where pages of other sites may call it. */
export interface ApiConfig {
  readonly net: { readonly origins: AllowedOrigins };
}

export function createApi(
  routes: readonly Route[],
  { node, calls }: ApiParts,
  config?: ApiConfig,
): ApiApp {
  const api: ApiApp = new Hono<ApiEnv>();
  if (config !== undefined) {
    openToUsers(api, routes, { origins: config.net.origins, refusals: node.refusals });
  }
  for (const { path, options } of routes) {
    if (options !== undefined) api.options(path, (context) => context.body(null, 204, options));
  }
  api.use(calls.identify);
  for (const route of routes) {
    api.on(
      route.method,
      route.path,
      (context) => answered(context, route, calls),
    );
  }
  // A path that no route takes may be one that cannot be read: then the answer says so.
  api.use((context, next) => {
    requireReadablePath(context);
    return next();
  });
  return api;
}

const EVENT_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no", // nginx would wait for more otherwise
  "connection": "close", // the TCP connection ends with its stream, so that a stop need not wait for it
};

function answered(context: ApiContext, route: Route, calls: Calls): Promise<Response> {
  const work = async () => answerWith(context, await route.run(calls.open(context, route)));
  if (tracer === undefined) return work();
  const { method, path } = route;
  const attributes = { "http.request.method": method, "http.route": `/api${path}` };
  // The runtime's own span of the request runs on one listener, and on the other one it does not.
  const parent = tracer.traceparent() === undefined ? context.req.header("traceparent") : undefined;
  return tracer.run(`${method} /api${path}`, { kind: "server", attributes, parent }, work);
}

async function answerWith(context: ApiContext, answer: HttpAnswer): Promise<Response> {
  if ("lines" in answer) {
    context.header("content-type", JSON_LINES);
    return context.body(await linesStream(answer.lines), 200);
  }
  if ("bytes" in answer) {
    context.header("content-type", answer.type);
    return context.body(await bytesStream(answer.bytes), 200);
  }
  if ("events" in answer) {
    if (context.req.method !== "HEAD") return context.body(answer.events, 200, EVENT_HEADERS);
    await answer.events.cancel();
    return context.body(null, 200, EVENT_HEADERS);
  }
  const { status, headers } = answer;
  if (headers !== undefined) {
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  }
  return status === 204 ? context.body(null, 204) : context.json(answer.json, status);
}
