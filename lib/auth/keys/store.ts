/** What a store keeps of the keys to the HTTP API, and what it does with them. */
import type { Scope } from "../../base/scope.ts";

/** A key to the HTTP API, without its secret. Times are Unix times in milliseconds. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** The only site that the key reaches. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** When the key was last used, right to a minute. */
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** The keys to the HTTP API, of all sites. No key is ever removed: a server that had keys never goes back to none. */
export interface KeyStore {
  create(key: ApiKey): Promise<void>;
  find(id: string): Promise<ApiKey | undefined>;
  /** The keys of one site, or of all, oldest first. */
  list(site?: string): Promise<ApiKey[]>;
  /** Whether there is any key, revoked ones included. */
  exist(): Promise<boolean>;
  /** Revokes a key: it opens nothing from now on. A second revocation does not change the time of the first. */
  revoke(id: string, at: number): Promise<void>;
  /** Notes that the key was used. */
  touch(id: string, at: number): Promise<void>;
  /** Writes back the keys that the store has lost and this node has seen; absent where a store loses nothing. */
  renew?(): Promise<void>;
}
