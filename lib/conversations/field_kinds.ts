/**
 * Reads single fields of what is asked of conversations. Queries and forms write all as text, so numbers and flags may be
 * texts, too. Each function throws a `CodedError` with the field and its value. `fields.ts` puts them together.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, isBlank, shown, type UserId, userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { LAST_SECOND, readTime, TIME_ALLOWED } from "../base/times.ts";
import { MAX_PAGE, pageSize } from "../core/command_fields.ts";
import type { Role } from "./types.ts";

/** Most users that one request names. */
export const MOST_USERS = MAX_PAGE;

export const ROLES = ["owner", "admin", "member"] as const satisfies readonly Role[];

/** The number of a conversation or a message, which may be written as a text. Throws where there is none. */
export function numberField(fields: Fields, field: "conversation" | "message"): number {
  const number = optionalNumber(fields, field);
  if (number !== undefined) return number;
  throw new CodedError("missing_field", `Missing field '${field}'`, { field });
}

export function optionalNumber(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (!isGiven(fields, field)) return undefined;
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && Number(number) > 0) return Number(number);
  throw invalid(field, value, "a whole number from 1 on");
}

export function offsetField(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (!isGiven(fields, field)) return undefined;
  const number = typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
  if (Number.isSafeInteger(number) && Number(number) >= 0) return Number(number);
  throw invalid(field, value, "an offset: a whole number");
}

/** A text; a blank one is one, and what is too long is the service's to say. */
export function textField(fields: Fields, field: string): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw invalid(field, value, "a string");
}

export function textOrNull(fields: Fields, field: string): string | null | undefined {
  return fields[field] === null ? null : textField(fields, field);
}

export function wordField<Word extends string>(
  fields: Fields,
  field: string,
  words: readonly Word[],
): Word | undefined {
  const value = fields[field];
  if (!isGiven(fields, field)) return undefined;
  const word = words.find((each) => each === value);
  if (word === undefined) throw invalid(field, value, words.join(", "));
  return word;
}

/** A boolean; queries and forms write it as a text. */
export function optionalFlag(fields: Fields, field: string): boolean | undefined {
  const value = fields[field];
  if (!isGiven(fields, field)) return undefined;
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0") return false;
  throw invalid(field, value, "true or false");
}

/** A list of users; one alone may stand for it. */
export function usersField(fields: Fields, field: string, limits: Limits): UserId[] | undefined {
  const value = fields[field];
  if (!isGiven(fields, field)) return undefined;
  const users = Array.isArray(value) ? value : [value];
  if (users.length <= MOST_USERS) return users.map((user) => userIn(user, field, limits));
  throw invalid(field, users.length, `a list of at most ${MOST_USERS} users`);
}

/** A user's id in a field of another name than `user_id`. */
export function userIn(value: unknown, field: string, limits: Limits): UserId {
  try {
    return userIdField({ user_id: value }, limits);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const message = error.code === "missing_field"
      ? `Cannot take field '${field}': current value is ${shown(value)}, allowed is a user's id`
      : error.message.replace("'user_id'", `'${field}'`);
    const code = error.code === "missing_field" ? "invalid_field" : error.code;
    throw new CodedError(code, message, { field });
  }
}

/** Throws where the value is no role. */
export function roleIn(value: unknown, field = "roles"): Role {
  const role = ROLES.find((each) => each === value);
  if (role === undefined) throw invalid(field, value, ROLES.join(", "));
  return role;
}

export function sizeField({ limit }: Fields): number {
  const given = typeof limit === "string" && /^\d{1,9}$/.test(limit) ? Number(limit) : limit;
  return pageSize({ limit: isBlank(given) ? undefined : given });
}

/** `muted_until`, a time, or `muted`, for good or not any more; in milliseconds. */
export function mutedField(fields: Fields): number | undefined {
  const muted = optionalFlag(fields, "muted");
  const { muted_until: until } = fields;
  if (muted !== undefined) {
    if (!isGiven(fields, "muted_until")) return muted ? Infinity : 0;
    throw invalid("muted", muted, "none beside 'muted_until'");
  }
  if (until === undefined || isBlank(until)) return undefined;
  if (until === null) return 0;
  const time = readTime(until);
  if (time === undefined) throw invalid("muted_until", until, `${TIME_ALLOWED}, or 0`);
  return time >= LAST_SECOND ? Infinity : time * 1000;
}

export function isGiven(fields: Fields, field: string): boolean {
  const value = fields[field];
  return value !== undefined && value !== null && value !== "";
}
