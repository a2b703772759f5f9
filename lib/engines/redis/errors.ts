/** What a caller is told where Redis rejects, whatever ioredis calls it. */
import { CodedError } from "../../base/errors.ts";

/** How ioredis says that a command was not sent, or that its answer was lost. */
const AWAY = /enableOfflineQueue|retries per request|timed out|Connection is closed/;

/** Turns whatever ioredis rejects with into an error for the caller. */
export function unavailable(cause: unknown): CodedError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isAway = AWAY.test(reason);
  return new CodedError(
    "unavailable",
    isAway ? "Redis cannot be reached; nothing was accepted" : `Redis refused: ${reason}`,
    { cause, isAway },
  );
}

/** Throws {@linkcode unavailable}; for the `catch` of a call to Redis. */
export function refused(cause: unknown): never {
  throw unavailable(cause);
}

/** Whether Redis' access control list does not let this user do it; the message names the command, key or channel. */
export function isMissingRight(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("NOPERM");
}
