/** What a store keeps of revocations and blocks, what nodes are told of them, and what the store does. */
import type { UserId } from "../../base/fields.ts";

/**
 * What does not count any more: one token (by its `jti`), the tokens of a session (by its `sid`), all tokens of a user or of
 * a site that were issued until then. A block keeps a user out by whatever token, and in open mode, too.
 */
export type RevocationKind = "token" | "session" | "user" | "site" | "block";

/** What names a revocation: there is never a second one with the same key. */
export interface RevocationKey {
  readonly site: string;
  readonly kind: RevocationKind;
  /** The `jti`, the `sid` or the user's id; empty for a site. */
  readonly name: string;
}

/** Times are Unix times in milliseconds. */
export interface Revocation extends RevocationKey {
  /** Tokens of a user or a site that were issued later are good. */
  readonly at: number;
  /** When the revocation ends, and may be forgotten; absent: never. */
  readonly expiresAt?: number;
}

/** A change of what is revoked, of which every node is told. */
export type RevocationChange =
  | { readonly type: "revoked"; readonly revocation: Revocation }
  | { readonly type: "lifted"; readonly revocation: RevocationKey }
  /** Closes all connections of a user, which may come back. Nothing is stored of it. */
  | { readonly type: "disconnect"; readonly site: string; readonly user: UserId };

/** Takes a change on this node. The same change may come twice. */
export type OnRevocationChange = (change: RevocationChange) => void;

/** The revocations of all sites. Each call resolves when this node was told of the change, and it was sent to all others. */
export interface RevocationStore {
  /**
   * Stores a revocation and tells all nodes, in one step. Where there is one with the same key already, the later `at` and
   * the later end count; the end of a block is the last one that was said.
   */
  add(revocation: Revocation): Promise<void>;
  /** Forgets a revocation and tells all nodes, in one step. Says whether there was one. */
  remove(key: RevocationKey): Promise<boolean>;
  /** The revocations that count now. */
  list(): Promise<Revocation[]>;
  /**
   * Stores revocations that this node knows and the store has lost, and tells all nodes. What was said later counts, also
   * where it was that one is lifted.
   */
  restore(known: readonly Revocation[]): Promise<void>;
  /** Tells all nodes, this one too, to close the user's connections. */
  disconnect(site: string, user: UserId): Promise<void>;
}
