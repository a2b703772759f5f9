/** The HTTP API for other systems: puts the routes of all capabilities on Hono, each behind its caller's scope. */
import { Hono } from "hono";
import { Audit } from "../auth/audit.ts";
import { CodedError } from "../base/errors.ts";
import type { Limits } from "../base/sizes.ts";
import { Call } from "./call.ts";
import {
  type ApiApp,
  type ApiContext,
  type ApiEnv,
  type CallerConfig,
  type CallerParts,
  identifyCaller,
  requireScope,
} from "./caller.ts";
import type { Answer, Route } from "./route.ts";

export type ApiParts = Omit<CallerParts, "audit">;

/** What the API takes of the configuration. */
export interface ApiConfig extends CallerConfig {
  readonly limits: Pick<Limits, "frame">;
  readonly listeners: CallerConfig["listeners"] & { readonly requestSeconds: number };
}

export function createApi(routes: readonly Route[], parts: ApiParts, config: ApiConfig): ApiApp {
  const api: ApiApp = new Hono<ApiEnv>();
  const audit = new Audit();
  const callerParts = { ...parts, audit };
  const callParts = {
    audit,
    bodyLimit: config.limits.frame,
    bodySeconds: config.listeners.requestSeconds,
  };
  api.use(identifyCaller(callerParts, config));
  for (const route of routes) {
    api.on(route.method, route.path, async (context) => {
      requireScope(context, route.scope, callerParts);
      requireReadablePath(context);
      return answerWith(context, await route.run(new Call(context, callParts)));
    });
  }
  // Of the paths that no route takes, one that cannot be read is told so.
  api.use((context, next) => {
    requireReadablePath(context);
    return next();
  });
  return api;
}

/** Else a path that is no UTF-8 would name a room by its raw text. */
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

function answerWith(context: ApiContext, answer: Answer): Response {
  if (answer.status === 204) return context.body(null, 204);
  const { status, json, headers } = answer;
  if (headers !== undefined) {
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  }
  return context.json(json, status);
}
