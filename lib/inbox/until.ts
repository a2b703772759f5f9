/** Reads until when a user puts notifications off. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, isBlank, type UserId } from "../base/fields.ts";
import { TIME_ALLOWED, unixSeconds } from "../base/times.ts";
import { momentOf, readWhen, WHEN_ALLOWED } from "../base/when.ts";
import { MAX_DAYS_AHEAD } from "./notification.ts";

/** The time zone of a user's clock: an IANA name, such as "Europe/Berlin". */
export type ZoneOf = (site: string, user: UserId) => string | Promise<string>;

/** `until`, in Unix seconds: a time in the future, as `deliver_at` takes it. @param zone of the user's clock */
export function untilField(fields: Fields, zone: string): number {
  const value = fields["until"];
  if (value === undefined || value === null || isBlank(value)) {
    throw new CodedError("missing_field", "Missing field 'until'", { field: "until" });
  }
  const now = unixSeconds();
  const when = readWhen(value, now);
  const time = typeof when === "object" ? momentOf(when, zone, now) : when;
  if (time !== undefined && time > now && time <= now + MAX_DAYS_AHEAD * 24 * 3600) return time;
  const allowed =
    `a time in the future, at most ${MAX_DAYS_AHEAD} days ahead: ${TIME_ALLOWED}; or ${WHEN_ALLOWED}`;
  throw invalid("until", value, allowed);
}
