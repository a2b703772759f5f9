/** The keys that tokens are verified with: secrets, a file, or what an identity provider publishes. */
import { type CryptoKey, importSPKI } from "jose";
import { ConfigError } from "../base/config_error.ts";
import type { TokenConfig } from "./settings.ts";
import { Outward } from "../net/outward.ts";
import { readPem } from "../config/pem.ts";
import type { KeySource } from "./key_source.ts";
import { PublishedKeys } from "./published_keys.ts";

/** How long an identity provider may take to answer. */
const ANSWER_MS = 5000;

/** How many bytes its answer may have: a key has less than two thousand. */
const MAX_ANSWER_BYTES = 262_144;

/** Rejects with a `ConfigError` where the key file cannot be used. */
export async function openKeys(
  { algorithm, secrets, publicKey, jwksUrl, privateTargets = [] }: TokenConfig,
): Promise<KeySource> {
  if (secrets.length > 0) return sourceOf(await Promise.all(secrets.map(importSecret)));
  if (jwksUrl === undefined) return sourceOf([await openPublicKey(publicKey ?? "", algorithm)]);
  const outward = new Outward(privateTargets);
  return new PublishedKeys(algorithm, () => fetchKeys(new URL(jwksUrl), outward));
}

/** Keys that never change while the server runs. */
function sourceOf(keys: readonly CryptoKey[]): KeySource {
  return { find: () => Promise.resolve(keys), findNewer: () => Promise.resolve([]) };
}

/** Imports a secret of HS256 once: given as bytes, `jose` would import it anew for each token. */
function importSecret(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
}

/** Asks an identity provider for its keys. Rejects where it does not answer with them, in time and at a bearable length. */
async function fetchKeys(url: URL, outward: Outward): Promise<unknown> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const headers = { accept: "application/json, application/jwk-set+json" };
  const { status, body } = await outward.send(url, { method: "GET", headers, signal });
  if (status === 200) return JSON.parse(await readText(body));
  await body?.cancel();
  throw new Error(`the answer is ${status}`);
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
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
