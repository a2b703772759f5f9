/**
 * The keys that an identity provider publishes (JWKS): fetched now and then, and kept while the provider is away. A key
 * that was withdrawn meanwhile counts until the provider can be asked again. Next: `tokens.ts`, which tries the keys.
 */
import { logFor } from "../base/log.ts";
import { type CryptoKey, decodeProtectedHeader } from "jose";
import { pause } from "../base/clock.ts";
import { reasonOf } from "../base/reason.ts";
import { importKeys, type PublishedKey } from "./key_set.ts";
import type { KeySource } from "./key_source.ts";

const log = logFor("auth");

/** How long after a fetch a token that no key fits does not cause another one. */
const COOLDOWN_MS = 10_000;
const MAX_AGE_MS = 600_000;

/** How long after a failure the keys are not asked for again. */
const RETRY_MS = 1000;

/** How long a token waits for newer keys, if there are old ones. */
const PATIENCE_MS = 1000;

export class PublishedKeys implements KeySource {
  readonly #algorithm: string;
  readonly #ask: () => Promise<unknown>;
  /** `undefined` until the provider has answered once. */
  #keys: readonly PublishedKey[] | undefined;
  /** When the keys were fetched, in milliseconds of Unix time. */
  #fetchedAt = 0;
  /** When the last fetch failed, on `performance.now()`'s clock. */
  #failedAt = -Infinity;
  /** Why the last fetch failed; `undefined` if it did not. */
  #failure: unknown;
  #fetching: Promise<void> | undefined;

  /** @param ask asks the provider, and resolves with its answer, which was parsed from JSON */
  constructor(algorithm: string, ask: () => Promise<unknown>) {
    this.#algorithm = algorithm;
    this.#ask = ask;
  }

  async find(token: string): Promise<readonly CryptoKey[]> {
    const header = headerOf(token);
    if (header?.alg !== this.#algorithm) return []; // whoever sends this cannot have the provider asked
    if (this.#keys === undefined) await this.#fetch();
    else if (!this.#isYoungerThan(MAX_AGE_MS)) await this.#renew();
    return fitting(this.#keys ?? [], header.kid);
  }

  async findNewer(token: string): Promise<readonly CryptoKey[]> {
    const header = headerOf(token);
    if (header?.alg !== this.#algorithm || this.#isYoungerThan(COOLDOWN_MS)) return [];
    await this.#fetch();
    return fitting(this.#keys ?? [], header.kid);
  }

  /** Fetches, and goes on with the old keys where that takes long or fails. */
  async #renew(): Promise<void> {
    const isAway = this.#failure !== undefined;
    const fetching = this.#fetch().catch(() => {}); // it is logged, and the next token tries again
    if (isAway) return;
    const enough = new AbortController();
    await Promise.race([fetching, pause(PATIENCE_MS, enough.signal)]);
    enough.abort();
  }

  /** Rejects where the keys cannot be had; after a failure the provider is left alone for a moment. */
  #fetch(): Promise<void> {
    if (performance.now() - this.#failedAt < RETRY_MS) return Promise.reject(this.#failure);
    return this.#fetching ??= this.#take().finally(() => this.#fetching = undefined);
  }

  async #take(): Promise<void> {
    try {
      this.#keys = await importKeys(await this.#ask(), this.#algorithm);
      this.#fetchedAt = Date.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failedAt = performance.now();
      this.#failure = error;
      log.error("the keys of tokens cannot be had (APP_TOKEN_JWKS_URL): {reason}{meanwhile}", {
        reason: reasonOf(error),
        meanwhile: this.#keys === undefined ? "" : "; those that are known go on to count",
      });
      throw error;
    }
  }

  /** A clock that was set back makes the keys old. */
  #isYoungerThan(ms: number): boolean {
    const age = Date.now() - this.#fetchedAt;
    return age >= 0 && age < ms;
  }
}

/** The keys that a token may be signed with. A key without a name may be the one that the token names. */
function fitting(keys: readonly PublishedKey[], kid: string | undefined): CryptoKey[] {
  const named = keys.filter((each) =>
    each.kid !== undefined && (kid === undefined || each.kid === kid)
  );
  const nameless = keys.filter((each) => each.kid === undefined);
  return [...named, ...nameless].map(({ key }) => key);
}

function headerOf(token: string): { alg?: string; kid?: string } | undefined {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return undefined;
  }
}
