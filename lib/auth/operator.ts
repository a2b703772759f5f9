/**
 * The operator's proof: what only somebody has who may read the server's secrets. It is the operator's key itself, or a
 * token of a minute that is signed with that key or with `APP_KEY`. Being on the same machine is none.
 */
import { CodedError } from "../base/errors.ts";
import { isOperatorKey, isSameKey, readOperatorKey } from "./operator_key.ts";

/** The claim `aud`: no token of a user is taken for it. */
const OPERATOR_AUDIENCE = "notifyli:operator";

/** From now to `exp`, at the most. */
const OPERATOR_TOKEN_SECONDS = 60;

const LEEWAY_SECONDS = 5;
const MAX_TOKEN_LENGTH = 2048;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The file is read no more often than this, however many proofs are tried. */
const FRESH_MS = 250;

/** Signs a proof that a server takes which knows the secret. */
export async function signOperatorToken(secret: string): Promise<string> {
  const { SignJWT } = await import("jose");
  return await new SignJWT({ aud: OPERATOR_AUDIENCE })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setExpirationTime(Math.floor(Date.now() / 1000) + OPERATOR_TOKEN_SECONDS)
    .sign(bytesOf(secret));
}

/** What it takes of the configuration. */
export interface OperatorConfig {
  readonly auth: { readonly tokens?: { readonly secrets: readonly string[] } };
  readonly store: { readonly dataDir: string };
}

export class Operator {
  readonly #secrets: readonly string[];
  readonly #dataDir: string;
  readonly #owner: number | undefined;
  /** Absent where the file cannot be used, which {@linkcode Operator.#fault} then says why. */
  #key: string | undefined;
  #fault = "";
  #readAt = -Infinity;

  /** @param owner who the key's file must belong to */
  constructor({ auth, store }: OperatorConfig, owner?: number) {
    this.#secrets = auth.tokens?.secrets ?? [];
    this.#dataDir = store.dataDir;
    this.#owner = owner;
  }

  /** Whether a text is meant as a proof, good or not. */
  static isProof(text: string): boolean {
    return isOperatorKey(text) || JWT.test(text);
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
