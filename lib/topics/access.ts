/**
 * Says who may subscribe to a topic. `topics.ts` asks here before it does anything, whichever way a client came; what holds for
 * a topic is in `rules.ts`.
 */
import { askingOf } from "../asks/asking.ts";
import type { Asking, Questions } from "../asks/questions.ts";
import { CodedError, type ErrorCode } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import type { AccessProofs } from "../rooms/access.ts";
import { roomPattern } from "../rooms/rules/patterns.ts";
import { EVERYTHING, type Filter, filterField, isWithin } from "./filter.ts";
import type { TopicRules } from "./rules.ts";

export interface TopicAccessParts {
  readonly rules: TopicRules;
  readonly proofs: AccessProofs;
  readonly questions: Questions;
}

/** What somebody wants to subscribe to. */
interface Wanted {
  readonly filters: readonly Filter[];
  /** A subscribe token. */
  readonly token?: string;
}

export class TopicAccess {
  readonly #parts: TopicAccessParts;

  constructor(parts: TopicAccessParts) {
    this.#parts = parts;
  }

  /** Whether some topics are open to connections without a proof of who they are. */
  get takesGuests(): boolean {
    return !this.#parts.proofs.isOpen && this.#parts.rules.haveGuests;
  }

  /**
   * Checks that a connection may subscribe to a topic by these filters: by the rules, and where an application is asked, by its
   * word for each filter. Resolves with what that can be revoked by; with `undefined` where nobody needs anything. Rejects with
   * `forbidden` or `unauthorized`, or with why the token is refused.
   */
  async require(
    connection: Connection,
    topic: string,
    wanted: Wanted,
  ): Promise<TokenFacts | undefined> {
    const { identity } = connection;
    return await this.#require({ identity, asking: () => askingOf(connection) }, topic, wanted);
  }

  /** Checks as {@linkcode TopicAccess.require} does that a user who calls over HTTP may subscribe to all of a topic. */
  async requireUser(identity: Identity, topic: string): Promise<void> {
    const { site, user, name, isGuest = false } = identity;
    const asking = () => ({ site, user, name, isGuest });
    await this.#require({ identity, asking }, topic, { filters: [EVERYTHING] });
  }

  async #require(
    who: { readonly identity: Identity | undefined; asking(): Asking },
    topic: string,
    wanted: Wanted,
  ): Promise<TokenFacts | undefined> {
    const { questions } = this.#parts;
    const { identity } = who;
    if (!questions.asksOfTopic(topic)) return await this.#byRules(identity, topic, wanted);
    const askedAt = Date.now();
    const facts = await this.#byRules(identity, topic, { ...wanted, isAsked: true });
    const asking = who.asking();
    const answers = await Promise.all(
      wanted.filters.map((filter) => questions.enter(asking, { topic, filter: pairsOf(filter) })),
    );
    // Where nobody has answered, and failures are open, the rules alone count.
    if (answers.includes(false)) return facts ?? await this.#byRules(identity, topic, wanted);
    if (facts !== undefined || identity === undefined) return facts;
    const { site, user, session } = identity;
    return { site, user, session, issuedAt: askedAt };
  }

  /** @param wanted `isAsked`: an application is asked, whose yes is as good as a subscribe token */
  async #byRules(
    identity: Identity | undefined,
    topic: string,
    { filters, token, isAsked = false }: Wanted & { readonly isAsked?: boolean },
  ): Promise<TokenFacts | undefined> {
    if (identity === undefined) return undefined; // an open server lets anyone in
    const rule = this.#parts.rules.of(topic);
    if (identity.isGuest && rule.needsToken) {
      throw refused(topic, "it needs a token, connect with one", "unauthorized");
    }
    if (token !== undefined) return await this.#byToken(identity, topic, filters, token);
    if (isAsked || !rule.isPrivate || rule.members.has(identity.user)) return undefined;
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
    const { tokens } = this.#parts.proofs;
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

/** A filter as a client writes it. */
function pairsOf({ keys, values }: Filter): Fields {
  return Object.fromEntries(keys.map((key, index) => [key, JSON.parse(values[index] ?? "null")]));
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
