/** What is kept of the keys to the HTTP API, and what a store does with it. */
import type { Scope } from "../../base/scope.ts";

/** A key to the HTTP API, without its secret. Times are Unix times in milliseconds. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** All it reaches is of this site. */
  readonly site: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the secret, in hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  /** To within a minute. */
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** The keys to the HTTP API, of all sites. None ever leaves: a server that had keys never goes back to none. */
export interface KeyStore {
  create(key: ApiKey): Promise<void>;
  find(id: string): Promise<ApiKey | undefined>;
  /** Oldest first; those of one site, or of all. */
  list(site?: string): Promise<ApiKey[]>;
  /** Whether there is any, revoked ones too. */
  exist(): Promise<boolean>;
  /** From now on it opens nothing; the first time counts. */
  revoke(id: string, at: number): Promise<void>;
  /** It was used. */
  touch(id: string, at: number): Promise<void>;
}
