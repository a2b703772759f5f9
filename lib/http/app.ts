/**
 * All that answers HTTP on the port: health, the page, the API, and what else is mounted, such as streams of events.
 * Errors become answers here, in one place.
 */
import { type Context, Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import { CodedError, ERRORS } from "../base/errors.ts";
import { retryAfterSeconds } from "../limits/connection_gate.ts";
import { VERSION } from "../base/version.ts";
import type { Node } from "../core/node.ts";
import { type ApiConfig, type ApiParts, createApi } from "./api.ts";
import type { App, Mount } from "./bindings.ts";
import type { Route } from "./route.ts";
import { pageRoutes } from "./static.ts";

const log = getLogger(["notifyli", "http"]);

export interface AppParts extends ApiParts {
  readonly node: Pick<Node, "unready" | "refusals">;
  /** What the capabilities tell the page in `config.json`. */
  clientConfig(): Readonly<Record<string, unknown>>;
  /** The routes of the API, of all capabilities. */
  readonly routes: readonly Route[];
  readonly mounts: readonly Mount[];
}

/** The part of the configuration that the app needs. */
export interface AppConfig extends ApiConfig {
  readonly listeners: ApiConfig["listeners"] & { readonly keepaliveSeconds: number };
}

export function createApp(parts: AppParts, config: AppConfig): App {
  const { node, routes, mounts } = parts;
  const app: App = new Hono();

  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    const reason = await node.unready();
    return context.json({ ready: reason === undefined, reason }, reason === undefined ? 200 : 503);
  });
  app.get("/config.json", (context) =>
    context.json({
      version: VERSION,
      keepalive_seconds: config.listeners.keepaliveSeconds,
      open: config.auth.tokens === undefined,
      ...parts.clientConfig(),
    }));
  app.get("/ws", (context) => {
    context.header("Upgrade", "websocket");
    context.header("Connection", "Upgrade, close");
    return context.json(
      { code: "upgrade_required", message: "Cannot GET /ws: it speaks WebSocket only" },
      426,
    );
  });

  for (const mount of mounts) app.route(mount.path, mount.app);
  app.route("/api", createApi(routes, parts, config));
  app.route("/", pageRoutes(new URL("../../static/", import.meta.url)));

  app.notFound((context) => {
    const { method, path } = context.req;
    const allowed = methodsAt(app, path);
    if (allowed.length === 0) {
      return answerError(context, new CodedError("not_found", `There is nothing at ${path}`));
    }
    context.header("Allow", allowed.join(", "));
    return answerError(
      context,
      new CodedError(
        "method_not_allowed",
        `Cannot ${method} ${path}: allowed is ${allowed.join(", ")}`,
      ),
    );
  });
  app.onError((error, context) => {
    if (error instanceof CodedError) {
      node.refusals.note(error.code);
      return answerError(context, error);
    }
    log.error("request failed: {reason}", { reason: error.message });
    return answerError(context, new CodedError("internal", "The server failed on this request"));
  });
  return app;
}

function answerError(context: Context, { code, message, options }: CodedError): Response {
  if (ERRORS[code].status === 401) context.header("WWW-Authenticate", "Bearer");
  const { field, retryAfterMs } = options;
  // Without this, the `node` listener would go on waiting for the rest of the body; `Deno.serve` does so all the same.
  if (code === "too_slow") context.header("Connection", "close");
  if (retryAfterMs !== undefined) context.header("Retry-After", retryAfterSeconds(retryAfterMs));
  return context.json({ code, message, field, retry_after_ms: retryAfterMs }, ERRORS[code].status);
}

/** The methods that a path takes. Middleware takes all methods, and does not count. */
function methodsAt(app: App, path: string): string[] {
  const methods = new Set(app.routes.map(({ method }) => method));
  const taken = [...methods].filter((method) =>
    method !== "ALL" &&
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method)
  );
  return taken.includes("GET") ? [...taken, "HEAD"] : taken;
}
