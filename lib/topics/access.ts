/**
 * Says who may subscribe to a topic. `topics.ts` asks here before it does anything, whichever way a client came; what holds for
 * a topic is in `rules.ts`.
 */
import type { TokenVerifier } from "../auth/tokens.ts";
import { CodedError, type ErrorCode } from "../base/errors.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import { roomPattern } from "../rooms/rules/patterns.ts";
import { type Filter, filterField, isWithin } from "./filter.ts";
import type { TopicRules } from "./rules.ts";

export class TopicAccess {
  readonly #rules: TopicRules;
  readonly #tokens: TokenVerifier | undefined;

  /** @param tokens absent on an open server, where anyone may subscribe */
  constructor(rules: TopicRules, tokens: TokenVerifier | undefined) {
    this.#rules = rules;
    this.#tokens = tokens;
  }

  /** Whether some topics are open to connections without a token. */
  get takesGuests(): boolean {
    return this.#tokens !== undefined && this.#rules.haveGuests;
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
    if (this.#tokens === undefined || identity === undefined) return undefined;
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
  ): Promise<TokenFacts | undefined> {
    const grant = await this.#tokens?.topicSubscription(token, identity, topic);
    if (grant === undefined) return undefined;
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
