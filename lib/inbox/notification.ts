/** Reads a notification that another system sends, the same from Redis and from HTTP. */
import type { Limits } from "../base/sizes.ts";
import {
  type Fields,
  identifier,
  invalid,
  optionalId,
  optionalName,
  requiredText,
  type UserId,
  userIdField,
} from "../base/fields.ts";

/** The sender of a notification that names none, by the base protocol. */
const DEFAULT_FROM = "system";

/** How far ahead a notification can be scheduled. */
const MAX_DAYS_AHEAD = 366;

export interface ParsedNotification {
  readonly user: UserId;
  readonly room: string;
  readonly message: string;
  readonly from: string;
  /** Unix time in seconds. */
  readonly timestamp?: number;
  /** An id that the caller made: the same id within a day is the same notification. */
  readonly id?: string;
  /** Unix time in seconds after which nobody gets it any more. */
  readonly expiresAt?: number;
  /** Unix time in seconds at which the notification is delivered; at once where that is past. */
  readonly deliverAt?: number;
}

/** Reads a notification's fields. Throws a `CodedError` that names the field and its value. */
export function parseNotification(
  fields: Fields,
  { limits, defaultRoom }: { limits: Limits; defaultRoom: string },
): ParsedNotification {
  const deliverAt = deliverAtField(fields);
  return {
    user: userIdField(fields, limits),
    room: isMissing(fields["room"]) ? defaultRoom : identifier(fields, "room", limits.room),
    message: requiredText(fields, "message", limits.message),
    from: optionalName(fields, "from", limits.name) ?? DEFAULT_FROM,
    timestamp: timeField(fields, "timestamp"),
    id: optionalId(fields),
    expiresAt: expiresAtField(fields, deliverAt),
    deliverAt,
  };
}

/** Reads a time in a query or a stream's entry: a number where it is one, else the text, which is refused as a time. */
export function timeOfText(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function deliverAtField(fields: Fields): number | undefined {
  const time = timeField(fields, "deliver_at");
  const latest = Date.now() / 1000 + MAX_DAYS_AHEAD * 24 * 3600;
  if (time === undefined || time <= latest) return time;
  throw invalid("deliver_at", time, `Unix time in seconds, at most ${MAX_DAYS_AHEAD} days ahead`);
}

function expiresAtField(fields: Fields, deliverAt = -1): number | undefined {
  const time = timeField(fields, "expires_at");
  if (time === undefined || time > deliverAt) return time;
  throw invalid("expires_at", time, `a time after 'deliver_at', which is ${deliverAt}`);
}

function timeField(fields: Fields, field: string): number | undefined {
  const value = fields[field];
  if (isMissing(value)) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(field, value, "Unix time in whole seconds");
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
