/** Close codes, and what they ask of a client: `docs/protocol.md`, the page and the client library share this rule. */

/** The `node` listener closes with this code after a frame that is too big (RFC 6455, section 7.4.1). */
const MESSAGE_TOO_BIG = 1009;

/** The `deno` listener closes with this code after a frame that is too big; the library ends a stream with it after a 413. */
export const FRAME_TOO_BIG = 3509;

/** The session has ended: a client with another token may come back at once. */
export const SESSION_ENDED = 3014;

/** The library's own: the server refused the connection and said why, which may be mended there without the client. */
export const CONNECTION_REFUSED = 3499;

/** The server does not accept the token. */
export const TOKEN_REFUSED = 3500;

/** The token has expired: a client with another one may come back. */
export const TOKEN_EXPIRED = 3501;

/** The token was revoked: a client with one that was issued later may come back. */
export const TOKEN_REVOKED = 3503;

/** The user is blocked. */
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

/** Whether the server closed because a frame was too big. */
export function isTooBig(code: number): boolean {
  return code === MESSAGE_TOO_BIG || code === FRAME_TOO_BIG;
}

/** Whether a client that was closed with `code` should connect again by itself. */
export function mayReconnect(code: number): boolean {
  const mustBeMended = code === MESSAGE_TOO_BIG || (code >= 3500 && code < 4000) ||
    (code >= 4500 && code < 5000);
  return !mustBeMended;
}
