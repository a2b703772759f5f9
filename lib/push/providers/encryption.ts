/** Encrypts a message for one browser or app: RFC 8291, by the content coding `aes128gcm` of RFC 8188. */

type Bytes = Uint8Array<ArrayBuffer>;

/** What a subscription gives to encrypt for it. */
export interface ReceiverKeys {
  /** The receiver's public key, uncompressed: 65 bytes. */
  readonly p256dh: Bytes;
  /** 16 bytes. */
  readonly auth: Bytes;
}

/** What is new in each message; given by tests alone. */
export interface Fresh {
  readonly keys: CryptoKeyPair;
  /** 16 bytes. */
  readonly salt: Bytes;
}

/** A push service takes 4,096 bytes: 86 of them are the header, 16 the tag, and one ends the text. */
export const MOST_PLAIN_BYTES = 4096 - 86 - 16 - 1;

/** How long a record may be at most; a message is one record. */
const RECORD_BYTES = 4096;

/** Texts are as long as the next multiple, so that the length of a message says little of what is in it. */
const PADDING_STEP = 512;

const CURVE = { name: "ECDH", namedCurve: "P-256" };

const encoder = new TextEncoder();

/** @param plain at most {@linkcode MOST_PLAIN_BYTES} */
export async function encrypted(
  plain: Uint8Array,
  receiver: ReceiverKeys,
  { padding = paddingOf(plain.length), fresh }: { padding?: number; fresh?: Fresh } = {},
): Promise<Bytes> {
  const { keys, salt } = fresh ?? await makeFresh();
  const sender = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const secret = await sharedSecret(keys.privateKey, receiver, sender);
  const key = await crypto.subtle.importKey(
    "raw",
    await derived(salt, secret, "Content-Encoding: aes128gcm\0", 16),
    "AES-GCM",
    false,
    ["encrypt"],
  );
  const iv = await derived(salt, secret, "Content-Encoding: nonce\0", 12);
  // 2 ends the text of the last record; what follows it is padding.
  const text = joined(plain, Uint8Array.of(2), new Uint8Array(padding));
  const body = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text);
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, RECORD_BYTES);
  return joined(salt, size, Uint8Array.of(sender.length), sender, new Uint8Array(body));
}

function paddingOf(length: number): number {
  const padded = Math.ceil((length + 1) / PADDING_STEP) * PADDING_STEP - 1;
  return Math.min(padded, MOST_PLAIN_BYTES) - length;
}

async function makeFresh(): Promise<Fresh> {
  const keys = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  return { keys, salt: crypto.getRandomValues(new Uint8Array(16)) };
}

/** What only sender and receiver know, with the receiver's secret in it. */
async function sharedSecret(own: CryptoKey, receiver: ReceiverKeys, sender: Bytes): Promise<Bytes> {
  const other = await crypto.subtle.importKey("raw", receiver.p256dh, CURVE, true, []);
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own, 256);
  const info = joined(encoder.encode("WebPush: info\0"), receiver.p256dh, sender);
  return await derived(receiver.auth, new Uint8Array(shared), info, 32);
}

async function derived(
  salt: Bytes,
  secret: Bytes,
  info: string | Bytes,
  bytes: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const said = typeof info === "string" ? encoder.encode(info) : info;
  const how = { name: "HKDF", hash: "SHA-256", salt, info: said };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, bytes * 8));
}

function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
