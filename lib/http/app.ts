/**
 * Everything on the port but the sockets: health, the API, and the page. Errors become answers here, in one
 * place.
 */
import { Hono } from "hono";
import { getLogger } from "@logtape/logtape";
import type { Config } from "../config.ts";
import { ERRORS, NotifyliError } from "../errors.ts";
import type { Node } from "../node.ts";
import type { Peer } from "../socket.ts";
import { VERSION } from "../version.ts";
import { apiRoutes } from "./api.ts";
import { serveStatic } from "./static.ts";

const log = getLogger(["notifyli", "http"]);

/** What a handler finds in `context.env`. */
export interface Bindings {
  readonly peer: Peer;
}

export type App = Hono<{ Bindings: Bindings }>;

export function createApp(node: Node, config: Config): App {
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
      open: true,
    }));
  app.get("/ws", (context) => {
    context.header("Upgrade", "websocket");
    context.header("Connection", "Upgrade");
    return context.json(
      { code: "upgrade_required", message: "Cannot GET /ws: it speaks WebSocket only" },
      426,
    );
  });

  app.route("/api", apiRoutes(node, config));
  app.get("*", serveStatic(new URL("../../static/", import.meta.url)));

  app.notFound((context) => {
    throw new NotifyliError(
      "not_found",
      `There is nothing at ${context.req.method} ${context.req.path}`,
    );
  });
  app.onError((error, context) => {
    const known = error instanceof NotifyliError
      ? error
      : new NotifyliError("internal", "The server failed on this request");
    if (known !== error) log.error("request failed: {reason}", { reason: error.message });
    const { code, message, options: { field } } = known;
    return context.json({ code, message, field }, ERRORS[code].status);
  });
  return app;
}
