/**
 * Finds out who calls the API: the holder of a key, the operator, or, while there is no key, a program on this machine. A
 * cookie never counts, since a page of another site can make a browser send it.
 */
import type { Context, Hono, MiddlewareHandler } from "hono";
import type { ApiKeys } from "../auth/keys/api_keys.ts";
import type { Actor, Audit } from "../auth/audit.ts";
import { FailedAttempts } from "../auth/failed_attempts.ts";
import { Operator } from "../auth/operator.ts";
import { OPERATOR_KEY_FILE } from "../auth/operator_key.ts";
import type { ApiKey } from "../auth/keys/store.ts";
import type { Scope } from "../base/scope.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { CodedError } from "../base/errors.ts";
import { addressKey } from "../net/addresses.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import type { Bindings } from "./bindings.ts";
import type { ApiCounters } from "./metrics.ts";
import { whyNotLocal } from "../net/local_caller.ts";

/** Most characters of a path in the log. */
const MAX_PATH = 200;

/** A program on this machine, while there is no key. It manages nothing, since being local is no proof. */
const LOCAL: Caller = { site: DEFAULT_SITE, scopes: ["publish", "read"], who: "local" };

/** The operator manages keys, tokens and blocks of every site, and makes a key for all else. */
const OPERATOR: Caller = { site: DEFAULT_SITE, scopes: ["manage"], who: "operator" };

export interface Caller {
  /** The only site that the caller reaches; the operator may name another one. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** The id of the caller's key, `operator` or `local`. */
  readonly who: string;
}

export function isOperator(caller: Caller): boolean {
  return caller === OPERATOR;
}

/** What Hono keeps for a call of the API. */
export interface ApiEnv {
  Bindings: Bindings;
  Variables: { caller: Caller; gate: ConnectionGate };
}

export type ApiApp = Hono<ApiEnv>;
export type ApiContext = Context<ApiEnv>;

export interface CallerParts {
  readonly keys: ApiKeys;
  readonly operator: Operator;
  readonly audit: Audit;
  readonly counters: ApiCounters;
  /** The gate knows which address is behind a proxy. */
  readonly gate: ConnectionGate;
}

/** The part of the configuration that callers are known by. */
export interface CallerConfig {
  readonly listeners: { readonly host: string };
  /** Absent in open mode. */
  readonly auth: { readonly tokens?: unknown };
}

/** Makes the middleware that finds out who calls, or refuses the call. */
export function identifyCaller(
  parts: CallerParts,
  { listeners: { host }, auth: { tokens } }: CallerConfig,
): MiddlewareHandler<ApiEnv> {
  const { keys, operator, audit, counters, gate } = parts;
  // Tries are counted for what each costs the store: no number of them guesses a secret.
  const attempts = new FailedAttempts();
  const requiresKey = async () => tokens !== undefined || await keys.exist();

  return async (context, next) => {
    context.set("gate", gate);
    const text = shownKey(context);
    const key = text === undefined ? undefined : keys.checkedJustNow(text);
    context.set("caller", key === undefined ? await find(context, text) : callerWith(key));
    await next();
  };

  function find(context: ApiContext, text: string | undefined): Promise<Caller> {
    return text === undefined ? withoutKey(context) : withKey(context, text);
  }

  async function withKey(context: ApiContext, text: string): Promise<Caller> {
    const address = addressOf(context);
    const proves = Operator.isProof(text);
    const refusal = proves ? await operator.refusal(text) : undefined;
    // Not held up by the count of tries: others' wrong keys must not keep the operator out.
    if (proves && refusal === undefined) return OPERATOR;
    // Many callers may share the address of a proxy: wrong keys of some must not hold up those whose keys are known.
    if (attempts.isOver(addressKey(address)) && !keys.isKnown(text)) {
      counters.throttled.value++;
      throw new CodedError(
        "too_many_attempts",
        `Cannot use the API from ${address}: it showed too many wrong keys; try again in a minute`,
      );
    }
    const key = refusal ?? await keys.check(text);
    if (typeof key !== "string") return callerWith(key);
    attempts.note(addressKey(address));
    throw unauthorized(context, key);
  }

  async function withoutKey(context: ApiContext): Promise<Caller> {
    const { address } = context.env.peer;
    if (await requiresKey()) {
      throw unauthorized(context, "it needs a key, as 'Authorization: Bearer nk_…'");
    }
    const foreign = whyNotLocal(context.req.raw, { address, host });
    if (foreign === undefined) return LOCAL;
    if (isAboutKeys(context)) audit.refused({ ...origin(context), reason: foreign });
    throw new CodedError("forbidden", foreign);
  }

  function unauthorized(context: ApiContext, reason: string): CodedError {
    counters.unauthorized.value++;
    if (isAboutKeys(context) || shownKey(context) !== undefined) {
      audit.refused({ ...origin(context), reason });
    }
    return new CodedError("unauthorized", `Cannot use the API: ${reason}`);
  }
}

function callerWith({ site, scopes, id }: ApiKey): Caller {
  return { site, scopes, who: id };
}

/** Checks that the caller has the scope. Throws `forbidden`, or `unauthorized` where the caller showed no key. */
export function requireScope(
  context: ApiContext,
  scope: Scope,
  { audit, counters }: Pick<CallerParts, "audit" | "counters">,
): void {
  const caller = context.get("caller");
  if (caller.scopes.includes(scope)) return;
  counters[caller === LOCAL ? "unauthorized" : "forbidden"].value++;
  const reason = lackOf(caller, scope);
  if (scope === "manage") audit.refused({ ...origin(context), reason });
  throw new CodedError(
    caller === LOCAL ? "unauthorized" : "forbidden",
    `Cannot do this: ${reason}`,
  );
}

function lackOf(caller: Caller, scope: Scope): string {
  if (caller === LOCAL) {
    return `it needs the operator's proof (${OPERATOR_KEY_FILE} in APP_DATA_DIR, or 'notifyli key') ` +
      `or a key with the scope '${scope}'`;
  }
  if (caller === OPERATOR) return `the operator's proof lacks the scope '${scope}': make a key`;
  return `the API key ${caller.who} lacks the scope '${scope}'`;
}

/** The caller as the audit log names it. */
export function actorOf(context: ApiContext): Actor {
  const { who, site } = context.get("caller");
  return { who, site, address: addressOf(context) };
}

/** What the audit log says was tried. Secrets are cut out: somebody may put a whole key in the place of its id. */
export function actionOf({ req: { method, path } }: ApiContext): string {
  const shown = path.replace(/(nk_[0-9A-Za-z]{12}_)[0-9A-Za-z]+/g, "$1***")
    .replace(/no_[\w-]{16,}/g, "no_***");
  return `${method} ${shown.slice(0, MAX_PATH)}`;
}

function isAboutKeys(context: ApiContext): boolean {
  const { path } = context.req;
  return path === "/api/keys" || path.startsWith("/api/keys/");
}

/** Who a refused request is from. A wrong key is named by its id; the rest of the key is never logged. */
function origin(context: ApiContext): { who: string; action: string; address: string } {
  const [, id] = /^nk_([0-9A-Za-z]{12})_/.exec(shownKey(context) ?? "") ?? [];
  return { who: id ?? "nobody", action: actionOf(context), address: addressOf(context) };
}

/** The caller's address as trusted proxies say it. They have no say in whether a caller is on this machine. */
function addressOf(context: ApiContext): string {
  return context.get("gate").addressOf(context.req.raw, context.env.peer);
}

/** The key that a request shows. `X-API-Key` goes first, since a proxy may have an `Authorization` of its own. */
function shownKey(context: ApiContext): string | undefined {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "") ?? [];
  return context.req.header("x-api-key") || bearer;
}
