/** The one error of this library. */

/** Codes that this library adds to the server's. */
type LocalErrorCode =
  | "closed" // the client was closed
  | "stopped" // the server told the client not to come back
  | "ended" // the subscription ended before the server had taken it
  | "offline" // there is no connection for what waits for none
  | "queue_full" // too much waits to be sent
  | "file_lost" // the file cannot be read (any more): it has to be chosen again
  | "no_token" // the function that gets one failed
  | "not_confirmed" // the connection broke each time this was sent
  | "unsupported" // there is no Web Push here
  | "denied" // the browser's user lets the site show no notifications
  | "no_worker" // there is no service worker that shows notifications
  | "push_failed" // the browser or its push service gave no subscription
  | "invalid_reply" // the server's answer has not the shape it should have
  | "handler_failed"; // a handler threw; `cause` is what it threw

/** A code of the server's table in `docs/protocol.md`, or one of this library. */
export type ErrorCode = LocalErrorCode | (string & Record<never, never>);

const TEMPORARY: readonly ErrorCode[] = [
  "unavailable",
  "unconfirmed",
  "internal",
  "rate_limited",
  "too_many_connections",
  "too_many_attempts",
  "room_full",
  "too_many_filters",
  "too_slow",
  "offset_mismatch",
];

export class NotifyliError extends Error {
  override readonly name = "NotifyliError";
  readonly code: ErrorCode;
  /** The field that the server did not take, if it was one. */
  readonly field: string | undefined;
  /** How long the server asks to wait, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { field?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether the same may succeed later; for `publish()` with the same id, so that it appears once. */
  get temporary(): boolean {
    return TEMPORARY.includes(this.code);
  }
}

/** Ends whatever is asked of a client that was closed. */
export function closedError(): NotifyliError {
  return new NotifyliError("closed", "The client was closed");
}

/** Ends whatever is asked of a client that the server told not to come back. */
export function stoppedError(
  { code, reason }: { code: number | string; reason: string },
): NotifyliError {
  return new NotifyliError("stopped", `The server closed the connection: ${code} ${reason}`);
}
