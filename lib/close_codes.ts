/** What a close code asks of a client: one rule for the table in `docs/protocol.md`, the page and the client library. */

/** What the `node` listener says of a frame too big (RFC 6455, section 7.4.1). */
const MESSAGE_TOO_BIG = 1009;

/** The token has expired: with another one, a client may come back. */
export const TOKEN_EXPIRED = 3501;

/** The token was revoked: with one that was issued later, a client may come back. */
export const TOKEN_REVOKED = 3503;

/** Nobody gets in as this user. */
export const USER_BLOCKED = 3504;

/** Whether a client that was closed with `code` should connect again by itself. */
export function mayReconnect(code: number): boolean {
  const mustBeMended = code === MESSAGE_TOO_BIG || (code >= 3500 && code < 4000) ||
    (code >= 4500 && code < 5000);
  return !mustBeMended;
}
