/** The keys that tokens are verified with: secrets, a file, or what an identity provider publishes. */
import { getLogger } from "@logtape/logtape";
import {
  createRemoteJWKSet,
  type CryptoKey,
  customFetch,
  type FetchImplementation,
  importSPKI,
  type JWTVerifyGetKey,
} from "jose";
import { ConfigError } from "../base/config_error.ts";
import { reasonOf } from "../base/reason.ts";
import type { TokenConfig } from "./settings.ts";
import { Outward } from "../net/outward.ts";
import { readPem } from "../config/pem.ts";

const log = getLogger(["notifyli", "auth"]);

/** How long after a fetch a token that names an unknown key does not cause another one. */
const JWKS_COOLDOWN_MS = 10_000;
const JWKS_MAX_AGE_MS = 600_000;

/** How long after a failure the keys are not asked for again. */
const JWKS_RETRY_MS = 1000;

/** A key, or a function that finds the key which a token names. */
export type Key = CryptoKey | JWTVerifyGetKey;

/** Rejects with a `ConfigError` where the key file cannot be used. */
export async function openKeys(
  { algorithm, secrets, publicKey, jwksUrl, privateTargets = [] }: TokenConfig,
): Promise<readonly Key[]> {
  if (secrets.length > 0) return await Promise.all(secrets.map(importSecret));
  if (jwksUrl !== undefined) {
    return [
      createRemoteJWKSet(new URL(jwksUrl), {
        cooldownDuration: JWKS_COOLDOWN_MS,
        cacheMaxAge: JWKS_MAX_AGE_MS,
        [customFetch]: keyFetcher(new Outward(privateTargets)),
      }),
    ];
  }
  return [await openPublicKey(publicKey ?? "", algorithm)];
}

/** Imports a secret of HS256 once: given as bytes, `jose` would import it anew for each token. */
function importSecret(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
}

/** Fetches keys. After a failure it waits before it asks again, however many tokens come. */
function keyFetcher(outward: Outward): FetchImplementation {
  let failedAt = -Infinity;
  return async (url, { headers, signal }) => {
    if (performance.now() - failedAt < JWKS_RETRY_MS) throw new Error("it failed a moment ago");
    try {
      const response = await outward.send(new URL(url), {
        method: "GET",
        headers: Object.fromEntries(headers),
        signal,
      });
      // The body is read here, so that one that does not come is logged as a failure, too.
      if (response.status === 200) return new Response(await response.text());
      await response.body?.cancel();
      throw new Error(`the answer is ${response.status}`);
    } catch (error) {
      failedAt = performance.now();
      log.error("the keys of tokens cannot be had (APP_TOKEN_JWKS_URL): {reason}", {
        reason: reasonOf(error),
      });
      throw error;
    }
  };
}

async function openPublicKey(path: string, algorithm: string): Promise<CryptoKey> {
  const pem = await readPem("APP_TOKEN_PUBLIC_KEY", path);
  try {
    return await importSPKI(pem, algorithm);
  } catch {
    throw new ConfigError(
      `Cannot use APP_TOKEN_PUBLIC_KEY: current value is ${JSON.stringify(path)}, ` +
        `which holds no public key for ${algorithm}`,
    );
  }
}
