/** Turns the errors of Redis and ioredis into those that callers are told. */
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";

/** The words by which ioredis says that a command was not sent, or that its answer was lost. */
const AWAY = /enableOfflineQueue|retries per request|timed out|Connection is closed/;

/** What Redis says to a command that it does not know, or that was renamed. What follows there has its arguments. */
const UNKNOWN_COMMAND = /^ERR unknown (?:sub)?command [`'"]?([\w|]+)/i;

/** The error for a caller whose command Redis rejected, or never got. */
export function unavailable(cause: unknown): CodedError {
  const reason = plainReason(cause);
  if (isMissingCommand(cause)) {
    return new CodedError("unavailable", `Cannot use this Redis: ${reason}`, {
      cause,
      isAway: true,
    });
  }
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

/** The reason of an error, without what was sent: Redis repeats the arguments of an unknown command, a password among them. */
export function plainReason(error: unknown): string {
  const reason = reasonOf(error);
  const [, command] = UNKNOWN_COMMAND.exec(reason) ?? [];
  return command === undefined ? reason : `it does not know the command '${command}'`;
}

/** Whether Redis does not know a command, since it is too old or the command was renamed. */
export function isMissingCommand(error: unknown): boolean {
  const cause = error instanceof CodedError ? error.options.cause : error;
  return UNKNOWN_COMMAND.test(reasonOf(cause));
}

/** Whether Redis' access control list forbids a command. The message names the command, key or channel. */
export function isMissingRight(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("NOPERM");
}
