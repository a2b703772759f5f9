/** The text of an API key: `nk_<id>_<secret>`. The id names it in logs and lists; the secret is shown once, and never kept. */
import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const ID_LENGTH = 12;
/** 238 random bits. */
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
 * What is stored in place of the secret. A slow hash is for passwords, which can be guessed: nobody guesses 238 random
 * bits, and every call pays for the hash.
 */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Takes as long for every wrong secret. */
export function isSecretOf(secret: string, hash: string): boolean {
  const [given, stored] = [hashOf(secret), hash].map((hex) => Buffer.from(hex, "hex"));
  return given !== undefined && stored?.length === given.length && timingSafeEqual(given, stored);
}

function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // The last 8 of 256 would make the first letters likelier than the others.
      if (byte < 248 && text.length < length) text += BASE62[byte % 62];
    }
  }
  return text;
}
