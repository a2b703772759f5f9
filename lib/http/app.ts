/**
 * All that answers HTTP on the port: health, the page, the API, and what else is mounted, such as streams of events. Next
 * for calls of the API: `api.ts`.
 */
import { type Context, Hono } from "hono";
import { isOpenServer, type ProofConfig } from "../base/open_server.ts";
import { VERSION } from "../base/version.ts";
import type { Node } from "../core/node.ts";
import { type ApiConfig, type ApiParts, createApi } from "./api.ts";
import type { App, Mount } from "./bindings.ts";
import { openTo } from "./cors.ts";
import { answerErrors } from "./error_answers.ts";
import type { Route } from "./route.ts";
import { pathReader } from "./paths.ts";
import { pagePolicy, pageRoutes, STATIC } from "./static.ts";

/** What pages of other sites may load. */
const MODULES = ["/notifyli.js", "/notifyli-inbox.js", "/notifyli-inbox-more.js"];

export interface AppParts extends ApiParts {
  readonly node: Pick<Node, "unready" | "refusals">;
  /** What the capabilities tell the page in `config.json`. */
  clientConfig(): Readonly<Record<string, unknown>>;
  /** Origins that the page calls beside the server's own. */
  readonly pageCalls: readonly string[];
  /** The routes of the API, of all capabilities. */
  readonly routes: readonly Route[];
  readonly mounts: readonly Mount[];
  /** Makes descriptions of what is spoken here, by the paths at which they are shown. Each is made when it is first asked for. */
  readonly documents: Readonly<Record<`/${string}`, () => object>>;
}

/** The part of the configuration that the app needs. */
export interface AppConfig extends ApiConfig {
  readonly auth: ProofConfig;
  readonly listeners: { readonly keepaliveSeconds: number; readonly basePath: string };
}

export function createApp(parts: AppParts, config: AppConfig): App {
  const app: App = new Hono({ getPath: pathReader(config.listeners.basePath) });
  openTo(app, [...MODULES, "/config.json", ...Object.keys(parts.documents)], {
    origins: config.net.origins,
    refusals: parts.node.refusals,
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => answerReadiness(context, parts));
  app.get("/config.json", (context) => context.json(pageConfig(parts, config)));
  app.get("/ws", (context) => answerNoUpgrade(context, parts));
  for (const [path, make] of Object.entries(parts.documents)) showDocument(app, path, make);
  for (const mount of parts.mounts) app.route(mount.path, mount.app);
  app.route("/api", createApi(parts.routes, parts, config));
  app.route("/", pageRoutes(STATIC, pagePolicy(parts.pageCalls)));
  answerErrors(app, parts.node.refusals);
  return app;
}

/** A description stays the same for as long as the server runs. */
function showDocument(app: App, path: string, make: () => object): void {
  let text: string | undefined;
  app.get(path, (context) => {
    text ??= JSON.stringify(make(), undefined, 2);
    return context.body(text, 200, { "Content-Type": "application/json" });
  });
}

/**
 * The API by itself, for a mount that finds out by itself who calls: it takes requests of the mount's `/api`. No page of another
 * site may read its answers.
 *
 * @param mount the mount's path, such as `/admin`
 */
export function createInnerApi(
  mount: string,
  { routes, node, calls }: Pick<AppParts, "routes" | "node" | "calls">,
  { listeners }: Pick<AppConfig, "listeners">,
): App {
  const app: App = new Hono({ getPath: pathReader(listeners.basePath, mount) });
  app.route("/api", createApi(routes, { node, calls }));
  answerErrors(app, node.refusals);
  return app;
}

async function answerReadiness(
  context: Context,
  { node }: Pick<AppParts, "node">,
): Promise<Response> {
  const reason = await node.unready();
  return context.json({ ready: reason === undefined, reason }, reason === undefined ? 200 : 503);
}

/** What the page has to know of the server before it connects. */
function pageConfig(parts: AppParts, { listeners, auth }: AppConfig) {
  return {
    version: VERSION,
    keepalive_seconds: listeners.keepaliveSeconds,
    open: isOpenServer(auth),
    ...parts.clientConfig(),
  };
}

/** Answers a request for `/ws` that is no upgrade; the listener takes upgrades before they come here. */
function answerNoUpgrade(context: Context, { node }: Pick<AppParts, "node">): Response {
  node.refusals.log.note(
    "no upgrade",
    "a request for /ws was no upgrade to a WebSocket: a proxy in front has to pass on 'Upgrade' and 'Connection'",
    {},
  );
  context.header("Upgrade", "websocket");
  context.header("Connection", "Upgrade, close");
  return context.json(
    { code: "upgrade_required", message: "Cannot GET /ws: it speaks WebSocket only" },
    426,
  );
}
