/** Signs tokens as an application does, right ones and wrong ones. */
import { type CryptoKey, type JWTHeaderParameters, SignJWT } from "jose";
import { AUDIENCE } from "../../lib/auth/tokens.ts";

/** 32 bytes. */
export const APP_KEY = "a key of the tests with 32 bytes..";

export type Claims = Readonly<Record<string, unknown>>;

export interface Signing {
  readonly key?: string | CryptoKey;
  readonly header?: JWTHeaderParameters;
}

/** Signs a connection token that is good for a minute. @param claims added or changed; `undefined` leaves one out */
export function connectionToken(claims: Claims = {}, signing: Signing = {}): Promise<string> {
  return sign({ aud: AUDIENCE.connection, ...claims }, signing);
}

/** Signs a subscription token, as {@linkcode connectionToken} does a connection token. */
export function subscriptionToken(claims: Claims = {}, signing: Signing = {}): Promise<string> {
  return sign({ aud: AUDIENCE.subscription, ...claims }, signing);
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function sign(
  claims: Claims,
  { key = APP_KEY, header = { alg: "HS256" } }: Signing,
): Promise<string> {
  const all = { sub: "123", exp: nowSeconds() + 60, ...claims };
  return new SignJWT(all).setProtectedHeader(header)
    .sign(typeof key === "string" ? new TextEncoder().encode(key) : key);
}
