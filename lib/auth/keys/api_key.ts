/** The text of an API key, `nk_<id>_<secret>`. The id names the key in logs; the secret is shown once, and never kept. */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const ID_LENGTH = 12;
/** A secret of so many characters has 238 random bits. */
const SECRET_LENGTH = 40;

export interface ApiKeyText {
  readonly id: string;
  readonly secret: string;
}

export function newApiKeyText(): ApiKeyText {
  return { id: randomText(ID_LENGTH), secret: randomText(SECRET_LENGTH) };
}

export function formatApiKey({ id, secret }: ApiKeyText): string {
  return `nk_${id}_${secret}`;
}

/** `undefined` where the text is no API key at all. */
export function parseApiKey(text: string): ApiKeyText | undefined {
  const [, id, secret] = /^nk_([0-9A-Za-z]{12})_([0-9A-Za-z]{40})$/.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

/**
 * The hash that is stored in place of the secret. It is a fast one: slow hashes protect passwords, which can be guessed,
 * but nobody guesses 238 random bits, and every call pays for the hash.
 */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Compares in the same time for every wrong secret, so that the time tells nothing. */
export function isSecretOf(secret: string, hash: string): boolean {
  const [given, stored] = [hashOf(secret), hash].map((hex) => Buffer.from(hex, "hex"));
  return given !== undefined && stored?.length === given.length && timingSafeEqual(given, stored);
}

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // Bytes from 248 on are left out: with them, the first 8 letters would be likelier than the others.
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}
