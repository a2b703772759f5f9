/** What is kept of revocations and blocks, what nodes are told of them, and what a store does with it. */
import type { UserId } from "../../base/fields.ts";

/**
 * What does not count any more: one token (by its `jti`), a session (by its `sid`), all tokens of a user or a site that
 * were issued until then; or a user, who gets in by no token, and in open mode neither.
 */
export type RevocationKind = "token" | "session" | "user" | "site" | "block";

/** Which one it is: there is one of each. */
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
  /** From then on it counts no more, and may be forgotten; absent: never. */
  readonly expiresAt?: number;
}

/** What every node is told. */
export type RevocationChange =
  | { readonly type: "revoked"; readonly revocation: Revocation }
  | { readonly type: "lifted"; readonly revocation: RevocationKey }
  /** All connections of a user are closed, and may come back. */
  | { readonly type: "disconnect"; readonly site: string; readonly user: UserId };

/** Takes a change on this node; the same one may come twice. */
export type OnRevocationChange = (change: RevocationChange) => void;

/** The revocations of all sites. Each call resolves when this node was told, and all others were sent it. */
export interface RevocationStore {
  /**
   * Stores one, and tells all nodes, in one step. Where there is the same one already, the later `at` and the later end
   * count; of a block, the last word.
   */
  add(revocation: Revocation): Promise<void>;
  /** Forgets one, and tells all nodes, in one step. Says whether there was one. */
  remove(key: RevocationKey): Promise<boolean>;
  /** Those that count. */
  list(): Promise<Revocation[]>;
  /** Sends it to all nodes, this one too; nothing is stored. */
  disconnect(site: string, user: UserId): Promise<void>;
}
