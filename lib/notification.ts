/** Reads a notification that another system sends, the same from Redis and from HTTP (seed 000, "Message Format"). */
import type { Limits } from "./config.ts";
import {
  type Fields,
  identifier,
  invalid,
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
    timestamp: timestampField(fields),
  };
}

function timestampField(fields: Fields): number | undefined {
  const value = fields["timestamp"];
  if (isMissing(value)) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid("timestamp", value, "Unix time in whole seconds");
}

function isMissing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}
