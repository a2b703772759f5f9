/** What a close code asks of a client: one rule for the table in `docs/protocol.md`, the page and the client library. */

/** What the `node` listener says of a frame too big (RFC 6455, section 7.4.1). */
const MESSAGE_TOO_BIG = 1009;

/** The `deno` listener says so, and a POST to `/sse` means it. */
export const FRAME_TOO_BIG = 3509;

/** With another token, a client may come back at once. */
export const SESSION_ENDED = 3014;

/** The token is not good. */
export const TOKEN_REFUSED = 3500;

/** The token has expired: with another one, a client may come back. */
export const TOKEN_EXPIRED = 3501;

/** The token was revoked: with one that was issued later, a client may come back. */
export const TOKEN_REVOKED = 3503;

/** Nobody gets in as this user. */
export const USER_BLOCKED = 3504;

const CODES = new Map<unknown, number>([
  ["invalid_token", TOKEN_REFUSED],
  ["expired_token", TOKEN_EXPIRED],
  ["revoked_token", TOKEN_REVOKED],
  ["blocked", USER_BLOCKED],
]);

/** The close code that says the same as the error of a refused token; `undefined` for any other error. */
export function closeCodeOf(errorCode: unknown): number | undefined {
  return CODES.get(errorCode);
}

/** Whether the server closed since what it was sent was too big. */
export function isTooBig(code: number): boolean {
  return code === MESSAGE_TOO_BIG || code === FRAME_TOO_BIG;
}

/** Whether a client that was closed with `code` should connect again by itself. */
export function mayReconnect(code: number): boolean {
  const mustBeMended = code === MESSAGE_TOO_BIG || (code >= 3500 && code < 4000) ||
    (code >= 4500 && code < 5000);
  return !mustBeMended;
}
