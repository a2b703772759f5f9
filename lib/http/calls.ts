/**
 * Makes calls of requests: finds out who calls, and whether they may do this. The API's routes are called so (`api.ts`), and
 * capabilities that answer in their own way may ask for it. Next: `call.ts`.
 */
import type { MiddlewareHandler } from "hono";
import { Audit, type AuditRecord } from "../auth/audit.ts";
import { CodedError } from "../base/errors.ts";
import type { Limits } from "../base/sizes.ts";
import type { AllowedOrigins } from "../net/origin.ts";
import { Call, type CallParts } from "./call.ts";
import type { ApiContext, ApiEnv } from "./api_context.ts";
import type { Caller } from "./caller.ts";
import {
  type CallerConfig,
  type CallerParts,
  Callers,
  identifyCaller,
  requireUnrevoked,
} from "./identify_caller.ts";
import { requireScope } from "./require_scope.ts";
import type { Route } from "./route.ts";

/** The part of the configuration that calls need. */
export interface CallsConfig extends CallerConfig {
  readonly net: { readonly origins: AllowedOrigins };
  readonly limits: Limits;
  readonly listeners: CallerConfig["listeners"] & { readonly requestSeconds: number };
}

export class Calls {
  /** Finds out who calls, or refuses the call. */
  readonly identify: MiddlewareHandler<ApiEnv>;
  readonly #callerParts: CallerParts;
  readonly #callParts: CallParts;
  readonly #callers: Callers;

  /** @param keepAudit keeps what was managed, beside the log */
  constructor(
    parts: Omit<CallerParts, "audit" | "origins">,
    config: CallsConfig,
    keepAudit?: (record: AuditRecord) => void,
  ) {
    const audit = new Audit(keepAudit);
    this.#callerParts = { ...parts, audit, origins: config.net.origins };
    this.#callParts = {
      ...{ audit, users: parts.users },
      limits: config.limits,
      bodySeconds: config.listeners.requestSeconds,
      requireUnrevoked: (context) => requireUnrevoked(context, this.#callerParts),
    };
    this.#callers = new Callers(this.#callerParts, config);
    this.identify = identifyCaller(this.#callers, this.#callerParts);
  }

  /** Where it is noted what was managed. */
  get audit(): Audit {
    return this.#callerParts.audit;
  }

  /** The address of a caller who need not be identified. */
  addressOf({ req: { raw }, env: { peer } }: Pick<ApiContext, "req" | "env">): string {
    return this.#callerParts.gate.addressOf(raw, peer);
  }

  /** Who holds an API key that came in another place than the headers. Rejects as a call with the key would. */
  async holderOf(context: ApiContext, key: string): Promise<Caller> {
    context.set("gate", this.#callerParts.gate);
    return await this.#callers.withKey(context, key);
  }

  /**
   * The call of a caller who was identified. Throws where the caller lacks the scope, and where the path is no UTF-8, which would
   * name a room by its raw text.
   */
  open(context: ApiContext, access: Pick<Route, "scope" | "users">): Call {
    requireScope(context, access, this.#callerParts);
    requireReadablePath(context);
    return new Call(context, this.#callParts);
  }
}

/** Refuses a path that is no UTF-8. */
export function requireReadablePath(context: ApiContext): void {
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
