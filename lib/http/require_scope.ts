/** Checks what the caller of a route may do. Next: the route itself. */
import type { Audit } from "../auth/audit.ts";
import { OPERATOR_KEY_FILE } from "../auth/operator_key.ts";
import { CodedError } from "../base/errors.ts";
import type { ApiContext } from "./api_context.ts";
import { type Caller, LOCAL, OPERATOR } from "./caller.ts";
import type { ApiCounters } from "./metrics.ts";
import type { Route } from "./route.ts";
import { originOf } from "./traces.ts";

interface ScopeParts {
  readonly audit: Audit;
  readonly counters: ApiCounters;
}

/**
 * Checks that the caller has the route's scope, or is a user and the route is for users. Throws `forbidden`, or
 * `unauthorized` where the caller showed no key.
 */
export function requireScope(
  context: ApiContext,
  { scope, users }: Pick<Route, "scope" | "users">,
  { audit, counters }: ScopeParts,
): void {
  const caller = context.get("caller");
  const { identity, scopes } = caller;
  if (identity === undefined ? scopes.includes(scope) : users === true) return;
  const code = caller === LOCAL || identity !== undefined ? "unauthorized" : "forbidden";
  counters[code].value++;
  const reason = lackOf(caller, scope);
  if (scope === "manage") {
    const who = identity === undefined ? {} : { who: caller.who };
    audit.refused({ ...originOf(context), ...who, reason });
  }
  throw new CodedError(code, `Cannot do this: ${reason}`);
}

function lackOf(caller: Caller, scope: Route["scope"]): string {
  if (caller.identity !== undefined) {
    return `a user's token does not open it, but a key with the scope '${scope}' does`;
  }
  if (caller === LOCAL) {
    return `it needs the operator's proof (${OPERATOR_KEY_FILE} in APP_DATA_DIR, or 'notifyli key') ` +
      `or a key with the scope '${scope}'`;
  }
  if (caller === OPERATOR) return `the operator's proof lacks the scope '${scope}': make a key`;
  return `the API key ${caller.who} lacks the scope '${scope}'`;
}
