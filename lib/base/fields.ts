/** Checks the fields of frames, HTTP bodies and Redis payloads, by the same rules. */
import { CodedError } from "./errors.ts";
import type { Limits } from "./sizes.ts";
import { readTime, TIME_ALLOWED } from "./times.ts";
import { escapeUnseen, isVisible, TURNS } from "./visible_text.ts";

/** A user's id as a string: 123 and "123" are the same user, "123". */
export type UserId = string;

/** The fields of a JSON object, unchecked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Parses a JSON object. The error calls the object `what`, such as "frame" or "payload". */
export function parseObject(text: string, what: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CodedError("invalid_json", `Cannot read the ${what} as JSON: ${shown(text)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CodedError(
      "invalid_frame",
      `Cannot take the ${what} as an object: current value is ${shown(value)}`,
    );
  }
  return value as Fields;
}

/** `user_id`: a whole number or a non-empty string. */
export function userIdField(fields: Fields, limits: Limits): UserId {
  const value = fields["user_id"];
  if (typeof value === "bigint") return userIdField({ user_id: String(value) }, limits);
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === "number" && Number.isInteger(value)) {
    throw invalid("user_id", value, NOT_EXACT);
  }
  if (value !== undefined && value !== null && typeof value !== "string") {
    throw invalid("user_id", value, "a whole number or a string");
  }
  return identifier(fields, "user_id", limits.userId);
}

/** What is allowed in place of a whole number past 2^53, whose last digits JSON has lost before anybody can read them. */
const NOT_EXACT = "a number below 2^53, or text: send it as text, in quotes";

/** A field's value, where a number is taken as its digits. Throws where digits of the number were lost. */
export function digitsAsText(fields: Fields, field: string): unknown {
  const value = fields[field];
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "number") return value;
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw invalid(field, value, NOT_EXACT);
  }
  return String(value);
}

/**
 * Whether a value is a text with nothing in it, or only spaces: a form's empty field, or an empty column of a table. Other
 * characters that nobody can see are none that somebody left out: where they are no name, they are refused.
 */
export function isBlank(value: unknown): boolean {
  return typeof value === "string" && /^[ \t\r\n]*$/.test(value);
}

/** An optional time, in Unix seconds. A blank text is none. Throws where the value is no time. */
export function timeField(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (value === undefined || value === null || isBlank(value)) return undefined;
  const time = readTime(value);
  if (time === undefined) throw invalid(field, value, TIME_ALLOWED);
  return time;
}

/** An optional time in the future, in Unix seconds. */
export function futureField(fields: Fields, field: string): number | undefined {
  const time = timeField(fields, field);
  if (time === undefined || time * 1000 > Date.now()) return time;
  throw invalid(field, fields[field], `${TIME_ALLOWED}, in the future`);
}

/** `user_id`; a client whose token names its user may leave it out. */
export function claimedUser(fields: Fields, limits: Limits, own: UserId | undefined): UserId {
  return own === undefined || namesUser(fields) ? userIdField(fields, limits) : own;
}

/** Whether the sender says who it is: pages send a blank `user_id` until somebody has typed one. */
export function namesUser(fields: Fields): boolean {
  const value = fields["user_id"];
  return value !== undefined && value !== null && !isBlank(value);
}

/** A user's id as frames and answers write it: an id that looks like a whole number becomes one. */
export function userIdOnWire(user: UserId): number | string {
  const number = Number(user);
  return Number.isSafeInteger(number) && String(number) === user ? number : user;
}

/** A required room name or user id: non-empty, one line, no control characters. */
export function identifier(fields: Fields, field: string, limit: number): string {
  const value = requiredText(fields, field, limit);
  return oneLine(field, value);
}

/** An optional name: `undefined` where it is missing, null or blank. */
export function optionalName(fields: Fields, field: string, limit: number): string | undefined {
  const value = fields[field];
  if (value === undefined || value === null || isBlank(value)) return undefined;
  return oneLine(field, requiredText(fields, field, limit)).trim();
}

/** A required text of 1 to `limit` UTF-16 units. */
export function requiredText(fields: Fields, field: string, limit: number): string {
  const value = fields[field];
  if (value === undefined || value === null) {
    throw new CodedError("missing_field", `Missing field '${field}'`, { field });
  }
  if (typeof value !== "string") throw invalid(field, value, "a string");
  if (value === "") {
    throw new CodedError("missing_field", `Field '${field}' is empty: current value is ""`, {
      field,
    });
  }
  if (value.length > limit) {
    throw new CodedError(
      "too_long",
      `Field '${field}' is too long: current length is ${value.length}, the limit is ${limit}`,
      { field },
    );
  }
  // A lone surrogate has no UTF-8 form: two such names would be one on the wire and in the store.
  if (!value.isWellFormed()) throw invalid(field, value, "well-formed Unicode");
  return value;
}

/** `id`, optional: the caller may give one of 8 to 64 characters of `A-Z a-z 0-9 _ -`. */
export function optionalId(fields: Fields): string | undefined {
  const value = fields["id"];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && /^[\w-]{8,64}$/.test(value)) return value;
  throw invalid("id", value, "8 to 64 of A-Z a-z 0-9 _ -");
}

/**
 * The `id` that another system gives to what it sends, optional: as {@linkcode optionalId} has it, or a whole number, which may
 * be short, as the keys of a database are.
 */
export function sendersId(fields: Fields): string | undefined {
  const id = digitsAsText(fields, "id");
  if (isBlank(id)) return undefined;
  return typeof id === "string" && /^\d{1,64}$/.test(id) ? id : optionalId({ id });
}

/** `token`, optional; `auth/tokens.ts` checks what is in it. */
export function optionalToken(fields: Fields): string | undefined {
  const value = fields["token"];
  return value === undefined || value === null
    ? undefined
    : requiredText(fields, "token", Infinity);
}

export function invalid(field: string, value: unknown, allowed: string): CodedError {
  return new CodedError(
    "invalid_field",
    `Cannot take field '${field}': current value is ${shown(value)}, allowed is ${allowed}`,
    { field },
  );
}

/** Most names: printable ASCII that begins with no blank. It is looked for first, since this runs for every message. */
const PLAIN_NAME = /^[!-~][ -~]*$/;

function oneLine(field: string, value: string): string {
  if (PLAIN_NAME.test(value)) return value;
  if (/[\p{Cc}\u2028\u2029]/u.test(value) || value.trim() === "") {
    throw invalid(field, value, "text in one line without control characters");
  }
  if (TURNS.test(value)) {
    throw invalid(field, value, "text without U+202A to U+202E and U+2066 to U+2069");
  }
  if (!isVisible(value)) throw invalid(field, value, "text that can be seen");
  return value;
}

/** The start of a JWT. Error messages do not repeat tokens. */
const TOKEN = /eyJ[\w.-]+/g;

/** A value as an error message shows it: JSON of at most 80 characters, without tokens, and what nobody sees is escaped. */
export function shown(value: unknown): string {
  const isJson = typeof value !== "number" || Number.isFinite(value);
  const json = (isJson ? JSON.stringify(value) : undefined) ?? String(value);
  const text = escapeUnseen(json.replace(TOKEN, "***"));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
