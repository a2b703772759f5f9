/** Reads a set of keys (JWKS, RFC 7517): of what a provider publishes, those that sign tokens of one algorithm. */
import { type CryptoKey, importJWK, type JWK } from "jose";
import type { Fields } from "../base/fields.ts";

/** Most keys that are taken of a set. A token that names none of them is tried with each. */
const MAX_KEYS = 100;

/** Shorter keys are not for use any more (RFC 7518, section 3.3). */
const LEAST_RSA_BITS = 2048;

export interface PublishedKey {
  /** The name that tokens know the key by. */
  readonly kid: string | undefined;
  readonly key: CryptoKey;
}

/** Imports the keys for an algorithm, and leaves all others out. Rejects where the value is no set of keys. */
export async function importKeys(value: unknown, algorithm: string): Promise<PublishedKey[]> {
  const { keys } = isObject(value) ? value : {};
  if (!Array.isArray(keys)) throw new Error("the answer is no set of keys");
  const imported: PublishedKey[] = [];
  for (const jwk of keys.filter(isObject)) {
    if (imported.length === MAX_KEYS) break;
    const { kid } = jwk;
    const key = isMeantFor(jwk, algorithm) ? await importOne(jwk, algorithm) : undefined;
    if (key !== undefined) imported.push({ kid: typeof kid === "string" ? kid : undefined, key });
  }
  return imported;
}

/** Whether a public key is said to verify signatures of the algorithm. A key that does not say fits, too. */
function isMeantFor(
  { alg = undefined, use = "sig", key_ops: uses = ["verify"], d }: Fields,
  algorithm: string,
): boolean {
  return (alg === undefined || alg === algorithm) && use === "sig" && d === undefined &&
    Array.isArray(uses) && uses.includes("verify");
}

/** `undefined` where the key is none, or is of another kind. */
async function importOne(jwk: Fields, algorithm: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk as JWK, algorithm);
    return !(key instanceof Uint8Array) && isKeyFor(key, algorithm) ? key : undefined;
  } catch {
    return undefined;
  }
}

function isKeyFor({ algorithm: of }: CryptoKey, algorithm: string): boolean {
  const { name, modulusLength = 0, namedCurve }: {
    name: string;
    modulusLength?: number;
    namedCurve?: string;
  } = of;
  switch (algorithm) {
    case "RS256":
      return name === "RSASSA-PKCS1-v1_5" && modulusLength >= LEAST_RSA_BITS;
    case "ES256":
      return name === "ECDSA" && namedCurve === "P-256";
    default:
      return name === "Ed25519";
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
