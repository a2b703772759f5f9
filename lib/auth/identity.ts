/** Who a connection is, as its token proved; `tokens.ts` makes one. */
import type { UserId } from "../fields.ts";

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
}

/** Whether a token renews a session: the same user with the same rights. */
export function isSameMember(one: Identity, other: Identity): boolean {
  return one.site === other.site && one.user === other.user && one.session === other.session &&
    JSON.stringify(one.rooms) === JSON.stringify(other.rooms);
}
