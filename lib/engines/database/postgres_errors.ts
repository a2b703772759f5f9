/** What PostgreSQL's errors mean. The codes are those of its manual, appendix A. */
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import { unavailable } from "./database.ts";

/** What others did at the same time: run again, the same work succeeds. */
const CONFLICTS: ReadonlySet<string> = new Set([
  "23505", // unique violation: the other one made it first, and is found now
  "40001", // serialization failure
  "40P01", // deadlock
  "55P03", // a lock was waited for too long
]);

/** Classes of errors that say that the server is no help right now: connection, resources, operator, system. */
const AWAY_CLASSES: ReadonlySet<string> = new Set(["08", "53", "57", "58"]);

/** A statement took too long, and was ended: others go on. */
const TOO_LONG = "57014";

/** Errors of the driver and of the system, before anything reaches the server. */
const AWAY_CODES: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "ENOENT",
  "EAI_AGAIN",
]);

/** Rights and passwords: nothing goes until somebody changes them, and that may happen while the server runs. */
const FORBIDDEN_CODES: ReadonlySet<string> = new Set(["28000", "28P01", "3D000", "42501", "25006"]);

export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(codeOf(error));
}

/** Whether PostgreSQL cannot be reached, or cannot be used as it is. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (code === TOO_LONG) return false;
  return AWAY_CODES.has(code) || FORBIDDEN_CODES.has(code) ||
    code.length === 5 && AWAY_CLASSES.has(code.slice(0, 2));
}

/** The error that a caller gets of what the database did not do. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof CodedError) return error;
  if (isAway(error)) return unavailable(reasonOf(error), error);
  if (isConflict(error)) return unavailable("others change the same right now", error);
  return codeOf(error) === TOO_LONG ? unavailable("this took too long there", error) : error;
}

/** The error of a commit that was not answered. */
export function unconfirmed(error: unknown): CodedError {
  const message = `The database did not answer (${reasonOf(error)}); it is not known whether ` +
    "this was accepted, so send it again with the same id";
  return new CodedError("unconfirmed", message, { cause: error, isAlone: true, isAway: true });
}

function codeOf(error: unknown): string {
  const code: unknown = Object(error).code;
  return typeof code === "string" ? code : "";
}
