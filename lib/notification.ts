/** Reads a notification that another system sends, the same from Redis and from HTTP (seed 000, "Message Format"). */
import type { Limits } from "./config.ts";
import {
  type Fields,
  identifier,
  invalid,
  optionalId,
  optionalName,
  requiredText,
  type UserId,
  userIdField,
} from "./fields.ts";

/** Sender of a notification that names none (seed 000). */
export const DEFAULT_FROM = "system";

export interface ParsedNotification {
  readonly user: UserId;
  readonly room: string;
  readonly message: string;
  readonly from: string;
  /** Unix time in seconds. */
  readonly timestamp?: number;
  /** Made by the caller: the same one within a day is the same notification. */
  readonly id?: string;
  /** Unix time in seconds after which nobody gets it any more. */
  readonly expiresAt?: number;
}

/** Throws a `NotifyliError` that names the field and its value. */
export function parseNotification(
  fields: Fields,
  { limits, defaultRoom }: { limits: Limits; defaultRoom: string },
): ParsedNotification {
  return {
    user: userIdField(fields, limits),
    room: isMissing(fields["room"]) ? defaultRoom : identifier(fields, "room", limits.room),
    message: requiredText(fields, "message", limits.message),
    from: optionalName(fields, "from", limits.name) ?? DEFAULT_FROM,
    timestamp: timeField(fields, "timestamp"),
    id: optionalId(fields),
    expiresAt: timeField(fields, "expires_at"),
  };
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
