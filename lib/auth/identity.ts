/** Who a connection is: as its token proved, of which `tokens.ts` makes one, or a guest. */
import { createHash } from "node:crypto";
import { DEFAULT_SITE } from "../base/site.ts";
import type { UserId } from "../base/fields.ts";

/** 132 bits: no two of them meet. */
const FINGERPRINT_LENGTH = 22;

/** What a token can be revoked by. */
export interface TokenFacts {
  readonly site: string;
  readonly user?: UserId;
  /** The application's own session (`sid`), to which a subscription token may be bound. */
  readonly session?: string;
  /** `jti`. */
  readonly tokenId?: string;
  /** `iat`, Unix time in milliseconds. */
  readonly issuedAt?: number;
}

export interface Identity extends TokenFacts {
  readonly user: UserId;
  /** What others see; absent: what the client says. */
  readonly name?: string;
  /** When the session ends, Unix time in milliseconds; absent: it has no end of its own. */
  readonly expiresAt?: number;
  /** Patterns of private rooms that this user may enter without a subscription token. */
  readonly rooms: readonly string[];
  /** There was no token: it may enter rooms that need none, and no others. */
  readonly isGuest?: boolean;
}

/** Someone without a token, under an id of 128 random bits that nobody else has had. */
export function newGuest(): Identity {
  const id = crypto.getRandomValues(new Uint8Array(16)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  return { site: DEFAULT_SITE, user: `guest-${id}`, rooms: [], isGuest: true };
}

/** Whether a token renews a session: the same user with the same rights. */
export function isSameMember(one: Identity, other: Identity): boolean {
  return rightsOf(one) === rightsOf(other);
}

/**
 * A text that is equal for two tokens where they make the same of a connection: site, user, session, grants of rooms and
 * name. It is the same on every node, and says none of these.
 */
export function fingerprintOf(identity: Identity): string {
  const text = JSON.stringify(["notifyli:identity", rightsOf(identity), identity.name]);
  return createHash("sha256").update(text).digest("base64url").slice(0, FINGERPRINT_LENGTH);
}

/** The order of the grants means nothing. */
function rightsOf({ site, user, session, rooms }: Identity): string {
  return JSON.stringify([site, user, session, [...new Set(rooms)].sort()]);
}
