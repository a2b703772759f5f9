/** Signs webhooks by the scheme of standardwebhooks.com, which any of its libraries verifies. */
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { inSeconds } from "../base/times.ts";

/** What a secret starts with. Its key in base64 comes after. */
export const SECRET_PREFIX = "whsec_";

const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/** The headers of one request. With two `secrets` (`whsec_…`), either verifies it. `time` is in milliseconds. */
export function signatureHeaders(
  body: string,
  { id, time, secrets }: { id: string; time: number; secrets: readonly string[] },
): Record<string, string> {
  const timestamp = String(inSeconds(time));
  const signatures = secrets.map((secret) => `v1,${sign(`${id}.${timestamp}.${body}`, secret)}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

/** The key in a secret; `undefined` where the text is no secret. */
export function secretKey(secret: string): Uint8Array | undefined {
  const [, base64 = ""] = /^whsec_(\S+)$/.exec(secret) ?? [];
  const key = Buffer.from(base64, "base64");
  if (key.toString("base64") !== base64) return undefined;
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}

function sign(text: string, secret: string): string {
  const key = secretKey(secret);
  if (key === undefined) throw new TypeError("Cannot sign with the secret: it is not whsec_…");
  return createHmac("sha256", key).update(text).digest("base64");
}
