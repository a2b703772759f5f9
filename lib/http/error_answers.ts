/** Turns errors into answers of HTTP, in one place: for all paths, those that nothing is at too. */
import type { Context } from "hono";
import { logFor } from "../base/log.ts";
import { CodedError, ERRORS } from "../base/errors.ts";
import type { Refusals } from "../core/refusals.ts";
import { retryAfterSeconds } from "../limits/connection_gate.ts";
import type { App } from "./bindings.ts";
import { writtenPath } from "./paths.ts";

const log = logFor("http");

/** Has the app answer what its handlers throw, and requests that none of them takes. */
export function answerErrors(app: App, refusals: Refusals): void {
  app.notFound((context) => answerMissing(context, methodsAt(app, context.req.path)));
  app.onError((error, context) => {
    if (error instanceof CodedError) {
      refusals.note(error.code);
      return answerError(context, error);
    }
    log.error("request failed: {reason}", { reason: error.message });
    return answerError(context, new CodedError("internal", "The server failed on this request"));
  });
}

/** @param allowed methods that the path takes */
function answerMissing(context: Context, allowed: readonly string[]): Response {
  const { method, raw } = context.req;
  const path = writtenPath(raw);
  if (allowed.length === 0) {
    return answerError(context, new CodedError("not_found", `There is nothing at ${path}`));
  }
  const methods = allowed.join(", ");
  context.header("Allow", methods);
  const message = `Cannot ${method} ${path}: allowed is ${methods}`;
  return answerError(context, new CodedError("method_not_allowed", message));
}

function answerError(context: Context, { code, message, options }: CodedError): Response {
  if (ERRORS[code].status === 401) context.header("WWW-Authenticate", "Bearer");
  const { field, id, retryAfterMs } = options;
  // Without this, the `node` listener would go on waiting for the rest of the body; `Deno.serve` does so all the same.
  if (code === "too_slow") context.header("Connection", "close");
  if (retryAfterMs !== undefined) context.header("Retry-After", retryAfterSeconds(retryAfterMs));
  return context.json(
    { code, message, field, id, retry_after_ms: retryAfterMs },
    ERRORS[code].status,
  );
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
