/**
 * Finds out who calls the API: the holder of a key, a user, the operator, or, while there is no key, a program on this
 * machine. A cookie never counts, since a page of another site can make a browser send it. Next: `require_scope.ts`.
 */
import type { MiddlewareHandler } from "hono";
import type { Audit } from "../auth/audit.ts";
import { FailedAttempts } from "../auth/failed_attempts.ts";
import type { ApiKeys } from "../auth/keys/api_keys.ts";
import { Operator } from "../auth/operator.ts";
import { CodedError, isStoreFailure } from "../base/errors.ts";
import { isOpenServer, type ProofConfig } from "../base/open_server.ts";
import type { ConnectionGate } from "../limits/connection_gate.ts";
import { addressKey } from "../net/addresses.ts";
import { whyNotLocal } from "../net/local_caller.ts";
import type { ApiContext, ApiEnv } from "./api_context.ts";
import { type Caller, callerWith, LOCAL, OPERATOR } from "./caller.ts";
import type { ApiCounters } from "./metrics.ts";
import { addressOf, originOf, shownKey } from "./traces.ts";
import { requireUnrevokedToken, type UserCallerParts, UserCallers } from "./user_callers.ts";

export interface CallerParts extends UserCallerParts {
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
  readonly auth: ProofConfig;
}

/** Makes the middleware that finds out who calls, or refuses the call. */
export function identifyCaller(
  callers: Callers,
  { keys, gate, counters }: Pick<CallerParts, "keys" | "gate" | "counters">,
): MiddlewareHandler<ApiEnv> {
  return async (context, next) => {
    counters.requests.value++;
    context.set("gate", gate);
    const { known } = context.env;
    if (known !== undefined) {
      context.set("caller", known.caller);
      return await next();
    }
    const text = shownKey(context);
    const key = text === undefined ? undefined : keys.checkedJustNow(text);
    context.set("caller", key === undefined ? await callers.find(context, text) : callerWith(key));
    await next();
  };
}

/** Rejects where what a caller showed was revoked, or the user blocked, since the call began. */
export async function requireUnrevoked(
  context: ApiContext,
  { check, keys, counters, audit }: CallerParts,
): Promise<void> {
  const { identity } = context.get("caller");
  if (identity !== undefined) return requireUnrevokedToken(check, identity);
  const origin = originOf(context);
  const { known } = context.env;
  const text = shownKey(context);
  const isRevoked = known === undefined && text !== undefined && await keys.isRevoked(text);
  const reason = isRevoked ? `the API key ${origin.who} is revoked` : await known?.whyNotAnyMore();
  if (reason === undefined) return;
  counters.unauthorized.value++;
  audit.refused({ ...origin, reason });
  throw new CodedError("unauthorized", `Cannot use the API: ${reason}`);
}

/** Finds callers that were not found a moment ago. */
export class Callers {
  readonly #parts: CallerParts;
  readonly #config: CallerConfig;
  readonly #users: UserCallers;
  /** Tries are counted for what each costs the store: no number of them guesses a secret. */
  readonly #attempts = new FailedAttempts();

  constructor(parts: CallerParts, config: CallerConfig) {
    this.#parts = parts;
    this.#config = config;
    this.#users = new UserCallers(parts);
  }

  find(context: ApiContext, text: string | undefined): Promise<Caller> {
    if (text === undefined) return this.#withoutKey(context);
    return this.#users.isToken(context, text)
      ? this.#users.find(context, text)
      : this.withKey(context, text);
  }

  /** Who holds a key, or gives an operator's proof. Rejects where it is none, and where an address has shown too many that were none. */
  async withKey(context: ApiContext, text: string): Promise<Caller> {
    const { operator } = this.#parts;
    const proves = Operator.isProof(text);
    const refusal = proves ? await operator.refusal(text) : undefined;
    // The count of tries does not hold up a proof: others' wrong keys must not keep the operator out.
    if (proves && refusal === undefined) return OPERATOR;
    const address = addressOf(context);
    await this.#requireFewFailures(address, text);
    const key = refusal ?? await this.#checked(context, text);
    if (typeof key !== "string") return callerWith(key);
    this.#attempts.note(addressKey(address));
    throw this.#unauthorized(context, key);
  }

  /** While the store is away, nobody can say whether a key was revoked: then those that were good open figures, and nothing else. */
  async #checked(context: ApiContext, text: string): ReturnType<ApiKeys["check"]> {
    const { keys } = this.#parts;
    try {
      return await keys.check(text);
    } catch (error) {
      const before = isAboutFigures(context) ? await keys.goodBefore(text) : undefined;
      if (before === undefined || !isStoreFailure(error)) throw error;
      return before;
    }
  }

  /** Many callers may share the address of a proxy: wrong keys of some must not hold up those whose keys are right. */
  async #requireFewFailures(address: string, text: string): Promise<void> {
    const { keys, counters } = this.#parts;
    if (!this.#attempts.isOver(addressKey(address)) || await keys.mayBe(text)) return;
    counters.throttled.value++;
    throw new CodedError(
      "too_many_attempts",
      `Cannot use the API from ${address}: it showed too many wrong keys; try again in a minute`,
    );
  }

  async #withoutKey(context: ApiContext): Promise<Caller> {
    if (await this.#requiresKey()) {
      throw this.#unauthorized(context, "it needs a key, as 'Authorization: Bearer nk_…'");
    }
    const { address } = context.env.peer;
    const foreign = whyNotLocal(context.req.raw, { address, host: this.#config.listeners.host });
    if (foreign === undefined) return LOCAL;
    if (isAboutKeys(context)) this.#noteRefused(context, foreign);
    throw new CodedError("forbidden", foreign);
  }

  async #requiresKey(): Promise<boolean> {
    return !isOpenServer(this.#config.auth) || await this.#parts.keys.exist();
  }

  #unauthorized(context: ApiContext, reason: string): CodedError {
    this.#parts.counters.unauthorized.value++;
    if (isAboutKeys(context) || shownKey(context) !== undefined) this.#noteRefused(context, reason);
    return new CodedError("unauthorized", `Cannot use the API: ${reason}`);
  }

  #noteRefused(context: ApiContext, reason: string): void {
    this.#parts.audit.refused({ ...originOf(context), reason });
  }
}

/** What a node counts is asked for above all when something is away. */
function isAboutFigures({ req: { method, path } }: ApiContext): boolean {
  return method === "GET" && (path === "/metrics" || path === "/api/stats");
}

function isAboutKeys(context: ApiContext): boolean {
  const { path } = context.req;
  return path === "/api/keys" || path.startsWith("/api/keys/");
}
