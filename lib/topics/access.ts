/**
 * Says who may subscribe to a topic. `topics.ts` asks here before it does anything, whichever way a client came; what holds for
 * a topic is in `rules.ts`.
 */
import { CodedError, type ErrorCode } from "../base/errors.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import type { AccessProofs } from "../rooms/access.ts";
import { roomPattern } from "../rooms/rules/patterns.ts";
import { type Filter, filterField, isWithin } from "./filter.ts";
import type { TopicRules } from "./rules.ts";

export class TopicAccess {
  readonly #rules: TopicRules;
  readonly #proofs: AccessProofs;

  constructor(rules: TopicRules, proofs: AccessProofs) {
    this.#rules = rules;
    this.#proofs = proofs;
  }

  /** Whether some topics are open to connections without a proof of who they are. */
  get takesGuests(): boolean {
    return !this.#proofs.isOpen && this.#rules.haveGuests;
  }

  /**
   * Checks that someone may subscribe to a topic by these filters. Resolves with what the token can be revoked by; with
   * `undefined` where nobody needs one. Rejects with `forbidden` or `unauthorized`, or with why the token is refused.
   */
  async require(
    identity: Identity | undefined,
    topic: string,
    { filters, token }: { readonly filters: readonly Filter[]; readonly token?: string },
  ): Promise<TokenFacts | undefined> {
    if (identity === undefined) return undefined; // an open server lets anyone in
    const rule = this.#rules.of(topic);
    if (identity.isGuest && rule.needsToken) {
      throw refused(topic, "it needs a token, connect with one", "unauthorized");
    }
    if (token !== undefined) return await this.#byToken(identity, topic, filters, token);
    if (!rule.isPrivate || rule.members.has(identity.user)) return undefined;
    if (identity.topics?.some((pattern) => roomPattern(pattern).test(topic))) return undefined;
    throw refused(
      topic,
      "it needs a subscribe token, or a grant ('topics') in the connection token",
    );
  }

  async #byToken(
    identity: Identity,
    topic: string,
    filters: readonly Filter[],
    token: string,
  ): Promise<TokenFacts> {
    const { tokens } = this.#proofs;
    if (tokens === undefined) {
      throw new CodedError(
        "invalid_token",
        "Cannot take the token: this server has no key to check it",
      );
    }
    const grant = await tokens.topicSubscription(token, identity, topic);
    const allowed = grantedFilter(grant.filter);
    if (filters.every((filter) => isWithin(filter, allowed))) return grant.facts;
    throw new CodedError(
      "invalid_token",
      `Cannot take the token: its filter is ${JSON.stringify(grant.filter)}, ` +
        "and the subscription's must have each of these pairs",
      { field: "filter" },
    );
  }
}

function grantedFilter(filter: unknown): Filter {
  try {
    return filterField({ filter });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError("invalid_token", "Cannot take the token: its 'filter' is not allowed", {
      cause: error,
    });
  }
}

function refused(topic: string, why: string, code: ErrorCode = "forbidden"): CodedError {
  return new CodedError(code, `Cannot use topic ${JSON.stringify(topic)}: ${why}`, {
    field: "topic",
  });
}
