/** Checks what the caller of a route may do. Next: the route itself. */
import type { Audit } from "../auth/audit.ts";
import { OPERATOR_KEY_FILE } from "../auth/operator_key.ts";
import { CodedError } from "../base/errors.ts";
import type { Scope } from "../base/scope.ts";
import { type ApiContext, type Caller, LOCAL, OPERATOR } from "./caller.ts";
import type { ApiCounters } from "./metrics.ts";
import { originOf } from "./traces.ts";

interface ScopeParts {
  readonly audit: Audit;
  readonly counters: ApiCounters;
}

/** Checks that the caller has the scope. Throws `forbidden`, or `unauthorized` where the caller showed no key. */
export function requireScope(
  context: ApiContext,
  scope: Scope,
  { audit, counters }: ScopeParts,
): void {
  const caller = context.get("caller");
  if (caller.scopes.includes(scope)) return;
  const code = caller === LOCAL ? "unauthorized" : "forbidden";
  counters[code].value++;
  const reason = lackOf(caller, scope);
  if (scope === "manage") audit.refused({ ...originOf(context), reason });
  throw new CodedError(code, `Cannot do this: ${reason}`);
}

function lackOf(caller: Caller, scope: Scope): string {
  if (caller === LOCAL) {
    return `it needs the operator's proof (${OPERATOR_KEY_FILE} in APP_DATA_DIR, or 'notifyli key') ` +
      `or a key with the scope '${scope}'`;
  }
  if (caller === OPERATOR) return `the operator's proof lacks the scope '${scope}': make a key`;
  return `the API key ${caller.who} lacks the scope '${scope}'`;
}
