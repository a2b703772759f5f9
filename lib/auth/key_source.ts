/** What finds the keys that a token may be signed with: `token_keys.ts` opens one. */
import type { CryptoKey } from "jose";

export interface KeySource {
  /** The keys to try, in this order. Rejects where they cannot be had. */
  find(token: string): Promise<readonly CryptoKey[]>;
  /** The keys to try once none of {@linkcode KeySource.find} fits: none, unless others may have come meanwhile. */
  findNewer(token: string): Promise<readonly CryptoKey[]>;
}
