/**
 * Everything on the port but the sockets: health, streams of events, the API, and the page. Errors become answers here, in one
 * place.
 */
import { type Context, Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import type { Config } from "../config.ts";
import { ERRORS, NotifyliError } from "../errors.ts";
import { VERSION } from "../version.ts";
import { apiRoutes } from "./api.ts";
import type { App } from "./bindings.ts";
import { type SseParts, sseRoutes } from "./sse.ts";
import { pageRoutes } from "./static.ts";

const log = getLogger(["notifyli", "http"]);

export function createApp(parts: SseParts, config: Config): App {
  const { node, inbox } = parts;
  const app: App = new Hono();

  app.use(async (context, next) => {
    await next();
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Referrer-Policy", "no-referrer");
  });

  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", async (context) => {
    const reason = await node.unready();
    return context.json({ ready: reason === undefined, reason }, reason === undefined ? 200 : 503);
  });
  app.get("/config.json", (context) =>
    context.json({
      version: VERSION,
      bot_room: config.bot.room,
      keepalive_seconds: config.keepaliveSeconds,
      open: config.tokens === undefined,
      message_channel: config.redis?.messageChannel ?? "",
    }));
  app.get("/ws", (context) => {
    context.header("Upgrade", "websocket");
    context.header("Connection", "Upgrade, close");
    return context.json(
      { code: "upgrade_required", message: "Cannot GET /ws: it speaks WebSocket only" },
      426,
    );
  });

  app.route("/sse", sseRoutes(parts, config));
  app.route("/api", apiRoutes(node, inbox, config));
  app.route("/", pageRoutes(new URL("../../static/", import.meta.url)));

  app.notFound((context) => {
    const { method, path } = context.req;
    const allowed = methodsAt(app, path);
    if (allowed.length === 0) {
      return answerError(context, new NotifyliError("not_found", `There is nothing at ${path}`));
    }
    context.header("Allow", allowed.join(", "));
    return answerError(
      context,
      new NotifyliError(
        "method_not_allowed",
        `Cannot ${method} ${path}: allowed is ${allowed.join(", ")}`,
      ),
    );
  });
  app.onError((error, context) => {
    if (error instanceof NotifyliError) return answerError(context, error);
    // A caller that went away in the middle of its body is no failure of ours.
    const level = context.req.raw.signal.aborted ? "debug" : "error";
    log[level]("request failed: {reason}", { reason: error.message });
    return answerError(context, new NotifyliError("internal", "The server failed on this request"));
  });
  return app;
}

function answerError(context: Context, { code, message, options }: NotifyliError): Response {
  if (ERRORS[code].status === 401) context.header("WWW-Authenticate", "Bearer");
  return context.json({ code, message, field: options.field }, ERRORS[code].status);
}

/** The methods that the path takes; middleware, which takes all, does not count. */
function methodsAt(app: App, path: string): string[] {
  const methods = new Set(app.routes.map(({ method }) => method));
  const taken = [...methods].filter((method) =>
    method !== "ALL" &&
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method)
  );
  return taken.includes("GET") ? [...taken, "HEAD"] : taken;
}
