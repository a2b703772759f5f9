/** The token by which FCM knows this server: got from Google for a signature of the service account, and used for all sends. */
import { importPKCS8, SignJWT } from "jose";
import { inSeconds } from "../../base/times.ts";
import type { PushResult } from "../types.ts";
import type { Connections } from "./connections.ts";
import type { FcmAccount } from "./fcm_account.ts";
import { codeIn, laterBy, objectIn, requesting, resultOf, shortAnswer } from "./requests.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";

const ASSERTION_SECONDS = 3600;

/** A token is not used in its last minutes, so that none ends on its way. */
const SPARE_MS = 300_000;

/** A token that is good for less is asked for again and again. */
const SHORTEST_MS = 60_000;

/** After a failure Google is left alone for so long. */
const PAUSE_MS = 5000;

export type FcmToken = { readonly token: string } | { readonly failure: PushResult };

interface Kept {
  readonly token: Promise<FcmToken>;
  /** Unix milliseconds from which on another one is got; unknown until it is there. */
  until: number;
}

export interface FcmTokenOptions {
  readonly account: FcmAccount;
  readonly connections: Connections;
  /** Unix milliseconds. */
  now(): number;
}

export class FcmTokens {
  readonly #options: FcmTokenOptions;
  #kept: Kept | undefined;

  constructor(options: FcmTokenOptions) {
    this.#options = options;
  }

  /** The token of now: however many ask, one is got. Never rejects. */
  get(): Promise<FcmToken> {
    if (this.#kept !== undefined && this.#options.now() < this.#kept.until) return this.#kept.token;
    const kept: Kept = { token: this.#take((until) => kept.until = until), until: Infinity };
    this.#kept = kept;
    return kept.token;
  }

  /** Has another token got, where FCM does not take this one any more. */
  async forget(token: string): Promise<void> {
    const kept = await this.#kept?.token;
    if (kept !== undefined && "token" in kept && kept.token === token) this.#kept = undefined;
  }

  async #take(lasts: (until: number) => void): Promise<FcmToken> {
    const { now } = this.#options;
    let token: { token: string; seconds: number } | undefined;
    // It is asked for by all who send, so that none of them may end it: its own time does.
    const result = await requesting(new AbortController().signal, async (signal) => {
      const answer = await this.#ask(signal);
      const { access_token, expires_in, error } = objectIn(answer.text);
      if (answer.status === 200 && typeof access_token === "string") {
        token = { token: access_token, seconds: Number(expires_in) || ASSERTION_SECONDS };
        return { result: "taken" };
      }
      if (answer.status === 200) return laterBy(answer.headers, now(), "no token came");
      return resultOf(answer, now(), codeIn(error));
    });
    if (token === undefined) {
      lasts(now() + PAUSE_MS);
      return { failure: withReason(result) };
    }
    lasts(now() + Math.max(token.seconds * 1000 - SPARE_MS, SHORTEST_MS));
    return { token: token.token };
  }

  async #ask(signal: AbortSignal) {
    const { account, connections } = this.#options;
    const body = new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: await this.#assertion(account),
    });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const request = { method: "POST", headers, body: body.toString(), signal } as const;
    return await shortAnswer(await connections.send(account.tokenUri, request));
  }

  async #assertion({ email, key, keyId, tokenUri }: FcmAccount): Promise<string> {
    const iat = inSeconds(this.#options.now());
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    return await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(keyId !== undefined && { kid: keyId }) })
      .setIssuer(email)
      .setSubject(email)
      .setAudience(tokenUri)
      .setIssuedAt(iat)
      .setExpirationTime(iat + ASSERTION_SECONDS)
      .sign(await importPKCS8(pem, "RS256"));
  }
}

/** Whatever Google says, the devices are not to blame: where it would say so again, it is of the account. */
function withReason(result: PushResult): PushResult {
  if (!("why" in result)) return result;
  const why = `no token for FCM: ${result.why}`;
  return result.result === "later" ? { ...result, why } : { result: "later", why, isDenied: true };
}
