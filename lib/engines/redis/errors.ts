/** Turns the errors of Redis and ioredis into those that callers are told. */
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";

/** The words by which ioredis says that a command was not sent, or that its answer was lost. */
const AWAY = /enableOfflineQueue|retries per request|timed out|Connection is closed/;

/** The error for a caller whose command Redis rejected, or never got. */
export function unavailable(cause: unknown): CodedError {
  const reason = reasonOf(cause);
  const isAway = AWAY.test(reason);
  return new CodedError(
    "unavailable",
    isAway ? "Redis cannot be reached; nothing was accepted" : `Redis refused: ${reason}`,
    { cause, isAway },
  );
}

/** Throws the error of {@linkcode unavailable}; meant for the `catch` of a call to Redis. */
export function throwUnavailable(cause: unknown): never {
  throw unavailable(cause);
}

/** Whether Redis' access control list forbids a command. The message names the command, key or channel. */
export function isMissingRight(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("NOPERM");
}
