/** The HTTP API for other systems: puts the routes of all capabilities on Hono, each behind the scope that it needs. */
import { Hono } from "hono";
import { Audit } from "../auth/audit.ts";
import { CodedError } from "../base/errors.ts";
import type { Limits } from "../base/sizes.ts";
import type { Node } from "../core/node.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { Call } from "./call.ts";
import type { ApiApp, ApiContext, ApiEnv } from "./caller.ts";
import { openToUsers } from "./cors.ts";
import { type CallerConfig, type CallerParts, identifyCaller } from "./identify_caller.ts";
import { JSON_LINES, linesStream } from "./lines.ts";
import { requireScope } from "./require_scope.ts";
import type { HttpAnswer, Route } from "./route.ts";

export type ApiParts = Omit<CallerParts, "audit" | "origins" | "refusals"> & {
  readonly node: Pick<Node, "refusals">;
};

/** The part of the configuration that the API needs. */
export interface ApiConfig extends CallerConfig {
  readonly net: { readonly origins: AllowedOrigins };
  readonly limits: Limits;
  readonly listeners: CallerConfig["listeners"] & { readonly requestSeconds: number };
}

export function createApi(routes: readonly Route[], parts: ApiParts, config: ApiConfig): ApiApp {
  const api: ApiApp = new Hono<ApiEnv>();
  const audit = new Audit();
  const opening = { origins: config.net.origins, refusals: parts.node.refusals };
  const callerParts = { ...parts, ...opening, audit };
  const callParts = {
    ...{ audit, users: parts.users },
    limits: config.limits,
    bodySeconds: config.listeners.requestSeconds,
  };
  openToUsers(api, routes, opening);
  api.use(identifyCaller(callerParts, config));
  for (const route of routes) {
    api.on(route.method, route.path, async (context) => {
      requireScope(context, route, callerParts);
      requireReadablePath(context);
      return answerWith(context, await route.run(new Call(context, callParts)));
    });
  }
  // A path that no route takes may be one that cannot be read: then the answer says so.
  api.use((context, next) => {
    requireReadablePath(context);
    return next();
  });
  return api;
}

/** Refuses a path that is no UTF-8, which would name a room by its raw text. */
function requireReadablePath(context: ApiContext): void {
  if (!context.req.url.includes("%")) return;
  const { pathname } = new URL(context.req.url);
  try {
    decodeURIComponent(pathname);
  } catch {
    throw new CodedError(
      "not_found",
      `There is nothing at ${pathname}: it is not percent-encoded UTF-8`,
    );
  }
}

async function answerWith(context: ApiContext, answer: HttpAnswer): Promise<Response> {
  if (answer.status === 204) return context.body(null, 204);
  if ("lines" in answer) {
    context.header("content-type", JSON_LINES);
    return context.body(await linesStream(answer.lines), 200);
  }
  const { status, json, headers } = answer;
  if (headers !== undefined) {
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  }
  return context.json(json, status);
}
