/** Turns the errors of Redis and ioredis into those that callers are told. */
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";

/** The words by which ioredis says that a command was not sent. */
const NOT_SENT = /enableOfflineQueue/;

/** The words by which ioredis says that a command may have been sent, and that its answer was lost. */
const LOST = /retries per request|timed out|Connection is closed|due to connection close/;

/** The words by which Redis refuses a command whatever it is about: for lack of a right, of memory, of a replica, … */
const REFUSES_ALL =
  /NOPERM|ACL|OOM|READONLY|MISCONF|NOREPLICAS|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|MOVED|CROSSSLOT|UNKILLABLE|Function not found|The user executing the script|Unknown Redis command called/;

/** What Redis 7.0 says where an access control list forbids a command of a function; later versions say NOPERM. */
const FORBIDDEN_TO_SCRIPT = /^ERR The user executing the script can't/;

/** Where in the functions an error was thrown. */
const PLACE_IN_SCRIPT = / script: \w+, on @\w+:\d+\.?$/;

/** What Redis says to a command that it does not know, or that was renamed. What follows there has its arguments. */
const UNKNOWN_COMMAND = /^ERR unknown (?:sub)?command [`'"]?([\w|]+)/i;

/** The same where a function runs the command. */
const UNKNOWN_TO_SCRIPT = /^ERR Unknown Redis command called from script/;

/** The error for a caller whose question Redis rejected, or never got. Nothing was to be accepted, or nothing was. */
export function unavailable(cause: unknown): CodedError {
  const reason = plainReason(cause);
  if (isMissingCommand(cause)) {
    return new CodedError("unavailable", `Cannot use this Redis: ${reason}`, {
      cause,
      isAway: true,
    });
  }
  const isAway = NOT_SENT.test(reason) || LOST.test(reason);
  return new CodedError(
    "unavailable",
    isAway ? "Redis cannot be reached; nothing was accepted" : `Redis refused: ${reason}`,
    { cause, isAway, isAlone: !isAway && !REFUSES_ALL.test(reason) },
  );
}

/** The error for a caller whose change Redis rejected, never got, or may have made without saying so. */
export function unconfirmed(cause: unknown): CodedError {
  if (!LOST.test(reasonOf(cause))) return unavailable(cause);
  return new CodedError(
    "unconfirmed",
    "Redis did not answer: it is not known whether this was accepted, so send it again with the same id",
    { cause, isAway: true },
  );
}

/** The refusal of what a node brings that does not have the turn any more. */
export function othersTurn(): CodedError {
  return new CodedError("unavailable", "Another node has the turn by now", { isOthers: true });
}

/** Throws the error of {@linkcode unconfirmed}; meant for the `catch` of a change. */
export function throwUnconfirmed(cause: unknown): never {
  throw unconfirmed(cause);
}

/** Throws the error of {@linkcode unavailable}; meant for the `catch` of a question. */
export function throwUnavailable(cause: unknown): never {
  throw unavailable(cause);
}

/** The reason of an error, without what was sent: Redis repeats the arguments of an unknown command, a password among them. */
export function plainReason(error: unknown): string {
  const reason = reasonOf(error).replace(PLACE_IN_SCRIPT, "");
  const [, command] = UNKNOWN_COMMAND.exec(reason) ?? [];
  return command === undefined ? reason : `it does not know the command '${command}'`;
}

/** Whether Redis does not know a command, since it is too old or the command was renamed. */
export function isMissingCommand(error: unknown): boolean {
  const reason = reasonOf(causeOf(error));
  return UNKNOWN_COMMAND.test(reason) || UNKNOWN_TO_SCRIPT.test(reason);
}

/** Whether Redis' access control list forbids a command. The message names the command, key or channel, if it can. */
export function isMissingRight(error: unknown): boolean {
  const reason = reasonOf(causeOf(error));
  return reason.startsWith("NOPERM") || FORBIDDEN_TO_SCRIPT.test(reason);
}

function causeOf(error: unknown): unknown {
  return error instanceof CodedError ? error.options.cause : error;
}
