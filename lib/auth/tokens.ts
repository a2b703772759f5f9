/**
 * Verifies tokens (JWT): connection tokens say who connects, subscription tokens open a private room or a topic. The
 * configuration alone chooses key and algorithm, and nothing in a token does. Next: `identity.ts`.
 */
import { type CryptoKey, errors, type JWTPayload, jwtVerify } from "jose";
import type { Limits } from "../base/sizes.ts";
import { DEFAULT_SITE } from "../base/site.ts";
import { CodedError } from "../base/errors.ts";
import { optionalName, userIdField } from "../base/fields.ts";
import { readTime, TIME_ALLOWED } from "../base/times.ts";
import type { Identity, TokenFacts } from "../core/identity.ts";
import type { TokenConfig } from "./settings.ts";
import type { KeySource } from "./key_source.ts";
import { openKeys } from "./token_keys.ts";

/** The claim `aud` of each kind of token, so that none is taken for the other kind, nor for a token of another program. */
export const AUDIENCE = { connection: "notifyli:connect", subscription: "notifyli:subscribe" };

/** A longer token is refused unread. */
const MAX_TOKEN_LENGTH = 8192;

/** By how much the clocks of signer and server may differ. */
const LEEWAY_SECONDS = 5;

/** Most grants of rooms in one token, and of topics. */
const MAX_GRANTS = 100;

/** What a subscribe token for a topic says. */
export interface TopicGrant {
  /** What the token can be revoked by. */
  readonly facts: TokenFacts;
  /** What the filters of subscriptions must have, unchecked; `undefined` where they may be any. */
  readonly filter: unknown;
}

export class TokenVerifier {
  readonly #algorithm: string;
  readonly #keys: KeySource;
  readonly #limits: Limits;

  private constructor(algorithm: string, keys: KeySource, limits: Limits) {
    this.#algorithm = algorithm;
    this.#keys = keys;
    this.#limits = limits;
  }

  /** Rejects with a `ConfigError` where a key file cannot be used. */
  static async open(config: TokenConfig, limits: Limits): Promise<TokenVerifier> {
    return new TokenVerifier(config.algorithm, await openKeys(config), limits);
  }

  /** Verifies a connection token, and resolves with who it is for. Rejects with a `CodedError`. */
  async connection(token: string): Promise<Identity> {
    const claims = await this.#verify(token, AUDIENCE.connection);
    const expiresAt = sessionEndClaim(claims);
    if (expiresAt !== undefined && expiresAt <= Date.now()) {
      throw new CodedError("expired_token", "The session of this token is over ('expire_at')");
    }
    return {
      site: siteClaim(claims),
      user: this.#user(claims) ?? missing("sub"),
      name: read("name", () => optionalName({ name: claims["name"] }, "name", this.#limits.name)),
      session: textClaim(claims, "sid"),
      tokenId: textClaim(claims, "jti"),
      issuedAt: timeClaim(claims, "iat"),
      expiresAt,
      rooms: this.#grants(claims, "rooms") ?? [],
      topics: this.#grants(claims, "topics"),
    };
  }

  /** Checks that a subscription token lets someone into the room. Rejects with a `CodedError`. */
  async subscription(token: string, identity: Identity, room: string): Promise<TokenFacts> {
    const claims = await this.#verify(token, AUDIENCE.subscription);
    if (claims.sub === undefined && claims["sid"] === undefined) {
      throw refused("it has neither 'sub' nor 'sid', and would let anyone in");
    }
    if (textClaim(claims, "room") !== room) throw refused("it is for another room");
    return this.#factsFor(claims, identity);
  }

  /**
   * Checks that a subscribe token lets someone subscribe to the topic; the caller checks by which filters. Rejects with a
   * `CodedError`.
   */
  async topicSubscription(token: string, identity: Identity, topic: string): Promise<TopicGrant> {
    const claims = await this.#verify(token, AUDIENCE.subscription);
    if (textClaim(claims, "topic") !== topic) throw refused("it is for another topic");
    return { facts: this.#factsFor(claims, identity), filter: claims["filter"] };
  }

  /** Checks that a subscription token is for someone. Returns what it can be revoked by. */
  #factsFor(claims: JWTPayload, identity: Identity): TokenFacts {
    const [user, session] = [this.#user(claims), textClaim(claims, "sid")];
    if (siteClaim(claims) !== identity.site) throw refused("it is for another site");
    if (user !== undefined && user !== identity.user) throw refused("it is for another user");
    if (session !== undefined && session !== identity.session) {
      throw refused("it is for another session");
    }
    return {
      site: identity.site,
      user: identity.user,
      session,
      tokenId: textClaim(claims, "jti"),
      issuedAt: timeClaim(claims, "iat"),
    };
  }

  async #verify(token: string, audience: string): Promise<JWTPayload> {
    if (token.length > MAX_TOKEN_LENGTH) {
      throw refused(`it is longer than ${MAX_TOKEN_LENGTH} characters`);
    }
    try {
      const keys = await this.#keys.find(token);
      const payload = await this.#verifyByAny(keys, token, audience) ??
        await this.#verifyByAny(await this.#keys.findNewer(token), token, audience);
      if (payload !== undefined) return payload;
      throw keys.length > 0
        ? new errors.JWSSignatureVerificationFailed()
        : new errors.JWKSNoMatchingKey();
    } catch (error) {
      throw tokenError(error);
    }
  }

  /** The claims of the token; `undefined` where it is signed with none of the keys. */
  async #verifyByAny(
    keys: readonly CryptoKey[],
    token: string,
    audience: string,
  ): Promise<JWTPayload | undefined> {
    for (const key of keys) {
      try {
        return await this.#verifyBy(key, token, audience);
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    return undefined;
  }

  async #verifyBy(key: CryptoKey, token: string, audience: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [this.#algorithm],
      audience,
      clockTolerance: LEEWAY_SECONDS,
      requiredClaims: ["exp"],
    });
    const issuedAt = timeClaim(payload, "iat") ?? 0;
    if (issuedAt > Date.now() + LEEWAY_SECONDS * 1000) throw refused("it is of the future ('iat')");
    return payload;
  }

  #user({ sub }: JWTPayload): string | undefined {
    if (sub === undefined) return undefined;
    return read("sub", () => userIdField({ user_id: sub }, this.#limits));
  }

  #grants(claims: JWTPayload, nouns: "rooms" | "topics"): readonly string[] | undefined {
    const grants = claims[nouns];
    const isPattern = (value: unknown) =>
      typeof value === "string" && value !== "" && value.length <= this.#limits.room;
    if (grants === undefined) return undefined;
    if (Array.isArray(grants) && grants.length <= MAX_GRANTS && grants.every(isPattern)) {
      return grants;
    }
    throw refused(`its '${nouns}' is no list of up to ${MAX_GRANTS} patterns of ${nouns}`);
  }
}

/** Reads a claim that is a Unix time in seconds, as milliseconds. */
function timeClaim(claims: JWTPayload, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value * 1000;
  throw refused(`its '${name}' is no Unix time in seconds`);
}

/**
 * Reads `expire_at`, which is a claim of this server alone, in milliseconds. It is read as all times of the server are; the
 * claims of JWT itself (`exp`, `iat`) are seconds, as RFC 7519 has them.
 */
function sessionEndClaim({ expire_at: value }: JWTPayload): number | undefined {
  if (value === undefined) return undefined;
  const time = readTime(value);
  if (time === undefined) throw refused(`its 'expire_at' is not ${TIME_ALLOWED}`);
  return time * 1000;
}

function textClaim(claims: JWTPayload, name: string): string | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value !== "" && value.length <= 256) return value;
  throw refused(`its '${name}' is no text of 1 to 256 characters`);
}

/** A site has to be a short word, since it is part of keys in the store. */
function siteClaim({ site_id: site = DEFAULT_SITE }: JWTPayload): string {
  const text = typeof site === "number" ? String(site) : site;
  if (typeof text === "string" && /^[\w.-]{1,64}$/.test(text)) return text;
  throw refused("its 'site_id' is not 1 to 64 of A-Z a-z 0-9 _ . -");
}

function missing(claim: string): never {
  throw refused(`it has no '${claim}'`);
}

/** Reads a claim by the rules of the field it stands for. */
function read<T>(claim: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw refused(`its '${claim}' is not allowed`, error);
  }
}

function refused(why: string, cause?: unknown): CodedError {
  return new CodedError("invalid_token", `Cannot take the token: ${why}`, { cause });
}

/** Shows what `jose` says: its messages are fixed texts, with nothing of the token in them. */
function tokenError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  if (error instanceof errors.JWTExpired) {
    return new CodedError("expired_token", "The token has expired ('exp')");
  }
  if (error instanceof errors.JOSEError) return refused(error.message, error);
  return new CodedError(
    "unavailable",
    "The token cannot be checked right now: its key cannot be had",
    { cause: error },
  );
}
