/**
 * The operator's proof, which only somebody can give who may read the server's secrets: the operator's key itself, or a
 * token for one minute that is signed with that key or with `APP_KEY`. Being on the same machine is no proof.
 */
import { Buffer } from "node:buffer";
import { CodedError } from "../base/errors.ts";
import { unixSeconds } from "../base/times.ts";
import { isOperatorKey, isSameKey, readOperatorKey } from "./operator_key.ts";

/** The claim `aud` of the operator's tokens, so that no token of a user is taken for one. */
const OPERATOR_AUDIENCE = "notifyli:operator";

/** How far ahead `exp` may be. */
const OPERATOR_TOKEN_SECONDS = 60;

const LEEWAY_SECONDS = 5;
const MAX_TOKEN_LENGTH = 2048;
/** What a token of anybody looks like. */
export const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** How long the key that was read from its file counts, so that many tries do not read the file each time. */
const FRESH_MS = 250;

/** Signs a proof, for a server that knows the same secret. */
export async function signOperatorToken(secret: string): Promise<string> {
  const { SignJWT } = await import("jose");
  return await new SignJWT({ aud: OPERATOR_AUDIENCE })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime(unixSeconds() + OPERATOR_TOKEN_SECONDS)
    .sign(bytesOf(secret));
}

/** The part of the configuration that the operator is known by. */
export interface OperatorConfig {
  readonly auth: { readonly tokens?: { readonly secrets: readonly string[] } };
  readonly store: { readonly dataDir: string };
}

export class Operator {
  readonly #secrets: readonly string[];
  readonly #dataDir: string;
  readonly #owner: number | undefined;
  /** The operator's key; absent if its file cannot be used, and then `#fault` says why. */
  #key: string | undefined;
  #fault = "";
  #readAt = -Infinity;

  /** @param owner the user that the key's file must belong to; anyone, if absent */
  constructor({ auth, store }: OperatorConfig, owner?: number) {
    this.#secrets = auth.tokens?.secrets ?? [];
    this.#dataDir = store.dataDir;
    this.#owner = owner;
  }

  /** Whether a text is meant as an operator's proof, good or bad. */
  static isProof(text: string): boolean {
    return isOperatorKey(text) || JWT.test(text);
  }

  /** Whether a text is a token that names the operator, good or bad: others are meant as tokens of users. */
  static isNamedBy(text: string): boolean {
    if (!JWT.test(text) || text.length > MAX_TOKEN_LENGTH) return false;
    try {
      const { aud } = JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString());
      return [aud].flat().includes(OPERATOR_AUDIENCE);
    } catch {
      return false;
    }
  }

  /** Why the text proves nothing; `undefined` where it does. */
  async refusal(text: string): Promise<string | undefined> {
    const key = this.#currentKey();
    if (!isOperatorKey(text)) return await this.#tokenRefusal(text, key);
    if (key === undefined) return `this server has no operator's key: ${this.#fault}`;
    return isSameKey(text, key) ? undefined : "it is not the operator's key of this server";
  }

  async #tokenRefusal(text: string, key: string | undefined): Promise<string | undefined> {
    if (text.length > MAX_TOKEN_LENGTH) return "the token is too long";
    const { errors, jwtVerify } = await import("jose");
    for (const secret of key === undefined ? this.#secrets : [...this.#secrets, key]) {
      try {
        const { payload: { aud, exp = Infinity } } = await jwtVerify(text, bytesOf(secret), {
          algorithms: ["HS256"],
          clockTolerance: LEEWAY_SECONDS,
          requiredClaims: ["exp", "aud"],
        });
        const secondsLeft = exp - Date.now() / 1000;
        if (aud !== OPERATOR_AUDIENCE) return "the token is not for the operator ('aud')";
        if (secondsLeft <= OPERATOR_TOKEN_SECONDS + LEEWAY_SECONDS) return undefined;
        return `the token is good for more than ${OPERATOR_TOKEN_SECONDS} s ('exp')`;
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "the token has expired ('exp')";
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    return "the token is no proof of this server's operator";
  }

  #currentKey(): string | undefined {
    const now = performance.now();
    if (now - this.#readAt <= FRESH_MS) return this.#key;
    this.#readAt = now;
    try {
      this.#key = readOperatorKey(this.#dataDir, this.#owner);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#key = undefined;
      this.#fault = error.message;
    }
    return this.#key;
  }
}

function bytesOf(secret: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(secret);
}
