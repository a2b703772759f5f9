/** The refusal of a notification for later where too much is scheduled for its user already, the same from each store. */
import { CodedError } from "../../base/errors.ts";

export function tooManyScheduled(limit: number): CodedError {
  return new CodedError(
    "too_many_scheduled",
    `Cannot schedule one more notification for this user: the limit is ${limit} bytes`,
    { field: "deliver_at" },
  );
}
