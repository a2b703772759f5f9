/** Who a connection is, as a token proved. `auth/identity.ts` makes and compares them. */
import type { UserId } from "../base/fields.ts";

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

/** A connection's proof of who it is: at the handshake or in a frame, then renewed. `auth/connection_auth.ts` has it. */
export interface Proof {
  /** Who this is, a guest too; `undefined` where that is not known. */
  readonly identity: Identity | undefined;
  /** Tokens of the same member that came later: others rely on this connection by them. */
  readonly companions: readonly TokenFacts[];
  /** Checks that a command may be worked on by now. Throws `unauthorized`. */
  admit(type: unknown): void;
  /** Takes a connection token; rejects where it is refused, and then the connection has to be closed. */
  authenticate(token: string): Promise<Identity>;
  /** Who a token is for; the connection stays what it is. Rejects where the token is refused. */
  examine(token: string): Promise<Identity>;
  /** Checks that its token counts. Throws why not; then the connection has to be closed. */
  requireUnrevoked(): void;
  /** The connection is gone. */
  close(): void;
}
