/**
 * Finds out which user calls the API, by a connection token as `Authorization: Bearer`, as a connection would bring it, or by a
 * pass that a connection was given. A cookie never counts here. `identify_caller.ts` asks; `require_scope.ts` lets users call the routes that say so.
 */
import type { TokenCheck } from "../auth/handshake.ts";
import { JWT, Operator } from "../auth/operator.ts";
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { Identity } from "../core/identity.ts";
import { Passes } from "../auth/passes.ts";
import type { Refusals } from "../core/refusals.ts";
import type { Expense } from "../core/work.ts";
import { type AllowedOrigins, isAllowedOrigin, refusedOrigin } from "../net/origin.ts";
import type { ApiContext } from "./api_context.ts";
import { type Caller, callerAs } from "./caller.ts";

/** Limits what users call, together with what their connections send. */
export interface UserCallLimits {
  /** Counts a call. Throws `rate_limited` where the user has used up what one may. */
  takeCall(site: string, user: UserId): void;
  /** Counts what was done for a call beside it. */
  chargeCall(site: string, user: UserId, expense: Expense): void;
}

export interface UserCallerParts {
  readonly check: Pick<TokenCheck, "tokens" | "revocations" | "noteRefused">;
  readonly passes: Pick<Passes, "identify">;
  readonly users: UserCallLimits;
  readonly refusals: Refusals;
  /** Sites beside the server's own whose pages may call as their users. */
  readonly origins: AllowedOrigins;
}

export class UserCallers {
  readonly #parts: UserCallerParts;

  constructor(parts: UserCallerParts) {
    this.#parts = parts;
  }

  /** Whether what a call shows is meant as a user's pass, or token. Where the server has no tokens, nothing is one. */
  isToken(context: ApiContext, text: string): boolean {
    if (Passes.isOne(text)) return !context.req.header("x-api-key");
    return this.#parts.check.tokens !== undefined && JWT.test(text) &&
      !context.req.header("x-api-key") && !Operator.isNamedBy(text);
  }

  /** The user whose token this is. Rejects where it is refused, or its user calls too often. */
  async find(context: ApiContext, token: string): Promise<Caller> {
    const identity = await this.#identify(token);
    this.#requireAllowedPage(context.req.raw);
    this.#parts.users.takeCall(identity.site, identity.user);
    return callerAs(identity);
  }

  async #identify(token: string): Promise<Identity> {
    const { check, passes } = this.#parts;
    try {
      const identity = Passes.isOne(token)
        ? await passes.identify(token)
        : await verifierOf(check).connection(token);
      check.revocations.require(identity);
      return identity;
    } catch (error) {
      check.noteRefused(error);
      throw error;
    }
  }

  /** Pages that may not connect may not call either, whatever token they have got hold of. */
  #requireAllowedPage(request: Request): void {
    const { origins, refusals } = this.#parts;
    if (isAllowedOrigin(request, origins)) return;
    const refusal = refusedOrigin(request);
    refusals.log.notePage(refusal);
    throw new CodedError("forbidden", refusal);
  }
}

/** Throws where what shows that a user calls does not count any more. */
export function requireUnrevokedToken(check: UserCallerParts["check"], identity: Identity): void {
  try {
    check.revocations.require(identity);
  } catch (error) {
    check.noteRefused(error);
    throw error;
  }
}

function verifierOf({ tokens }: Pick<TokenCheck, "tokens">) {
  if (tokens === undefined) throw new TypeError("Cannot verify a token without a key");
  return tokens;
}
