/** The key by which push services know this server (RFC 8292): that of the settings, or one that the database keeps. */
import { createECDH } from "node:crypto";
import { type CryptoKey, importJWK } from "jose";
import type { Database } from "../../engines/database/database.ts";
import { SigningSecret } from "../../engines/database/secret.ts";

/** Both in base64url: 32 bytes, and 65 bytes of the uncompressed point. */
export interface VapidPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export interface LoadedVapid {
  readonly signing: CryptoKey;
  readonly publicKey: string;
}

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** How many numbers P-256's private keys are of, and one: the order of its group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function newVapidPair(): VapidPair {
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  const key = Uint8Array.from(ecdh.getPrivateKey());
  const padded = new Uint8Array(32);
  padded.set(key, 32 - key.length);
  return vapidPair(padded.toBase64(BASE64URL));
}

/** Throws where the text is no private key of P-256. */
export function vapidPair(privateKey: string): VapidPair {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(privateKey, "base64url");
  return { privateKey, publicKey: Uint8Array.from(ecdh.getPublicKey()).toBase64(BASE64URL) };
}

export class VapidKeys {
  readonly #given: string | undefined;
  readonly #secret: SigningSecret;
  #loaded: Promise<LoadedVapid> | undefined;

  /** @param given in base64url; `undefined`: all nodes share one that is made once */
  constructor(given: string | undefined, database: Database) {
    this.#given = given;
    this.#secret = new SigningSecret(database, "push_secrets");
  }

  /** Rejects where it is in the database, and that cannot be used. */
  load(): Promise<LoadedVapid> {
    return this.#loaded ??= this.#load().catch((error) => {
      this.#loaded = undefined;
      throw error;
    });
  }

  async #load(): Promise<LoadedVapid> {
    const pair = vapidPair(this.#given ?? keyIn(await this.#secret.load()));
    const point = Uint8Array.fromBase64(pair.publicKey, { alphabet: "base64url" });
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((each) =>
      each.toBase64(BASE64URL)
    );
    const jwk = { kty: "EC", crv: "P-256", x, y, d: pair.privateKey };
    return { signing: await importJWK(jwk, "ES256") as CryptoKey, publicKey: pair.publicKey };
  }
}

/** 256 random bits as a private key: nearly all are one already, and none is left out. */
function keyIn(secret: string): string {
  const bytes = Uint8Array.fromBase64(secret, { alphabet: "base64url" });
  const number = BigInt(`0x${bytes.toHex()}`) % (ORDER - 1n) + 1n;
  return Uint8Array.fromHex(number.toString(16).padStart(64, "0")).toBase64(BASE64URL);
}
