/** Who a connection is, by its token or an application's word. `auth/identity.ts` makes and compares identities. */
import type { Fields, UserId } from "../base/fields.ts";

/** What a token can be revoked by. */
export interface TokenFacts {
  readonly site: string;
  readonly user?: UserId;
  /** The application's own session (`sid`), to which a subscription token may be bound. */
  readonly session?: string;
  /** The token's `jti`. */
  readonly tokenId?: string;
  /** The token's `iat`, but in milliseconds of Unix time. */
  readonly issuedAt?: number;
}

export interface Identity extends TokenFacts {
  readonly user: UserId;
  /** The name that others see; if absent, the client chooses it. */
  readonly name?: string;
  /** When the session ends, in milliseconds of Unix time; absent if it does not end by itself. */
  readonly expiresAt?: number;
  /** Patterns of private rooms that this user may enter without a subscription token. */
  readonly rooms: readonly string[];
  /** Patterns of topics to which this user may subscribe without a subscribe token. */
  readonly topics?: readonly string[];
  /** Whether there was no token: a guest may only enter rooms that need none. */
  readonly isGuest?: boolean;
}

/** By what a client says who it is: a connection token, or what an application is asked about. */
export type Shown = { readonly token: string } | { readonly credentials: Fields };

/**
 * A connection's proof of who it is, which comes at the handshake or in a frame and can be renewed.
 * `auth/connection_auth.ts` implements it.
 */
export interface Proof {
  /** Who the connection is, which may be a guest; `undefined` while that is not known. */
  readonly identity: Identity | undefined;
  /** Tokens of the same member that came later, by which other tabs share this connection. */
  readonly companions: readonly TokenFacts[];
  /** Throws `unauthorized` if a command of this type may not be worked on yet. */
  admit(type: unknown): void;
  /** Takes a connection token or credentials. Rejects if these are refused; the connection must be closed then. */
  authenticate(shown: Shown): Promise<Identity>;
  /** Tells whose a token is, or credentials are, and changes nothing. Rejects if these are refused. */
  examine(shown: Shown): Promise<Identity>;
  /** Throws if the connection's token is revoked; the connection must be closed then. */
  requireUnrevoked(): void;
  /** The connection is gone. */
  close(): void;
}
