/** How a notification for many is changed: for those to whom it is sent after that, and for those who have it. */
import { CodedError } from "../../base/errors.ts";
import { invalid } from "../../base/fields.ts";
import { unixSeconds } from "../../base/times.ts";
import type { Details } from "../details/details.ts";
import { MAX_DAYS_AHEAD, type ParsedContent } from "../notification.ts";
import { changedDetails, type Patch } from "../patch.ts";
import { CHANGE } from "../store/kept.ts";

/** A change, as it is kept: which fields are given, and their values. */
export interface BroadcastPatch {
  readonly values: ParsedContent;
  readonly given: readonly string[];
}

const DAY_MS = 24 * 3600 * 1000;

/** The fields that are no details, with what their values are called. */
const VALUES: ReadonlyMap<string, keyof ParsedContent> = new Map([
  ...["message", "data", "tags", "room", "from", "timestamp", "attachments", "image"].map(
    (field) => [field, field as keyof ParsedContent] as const,
  ),
  ["expires_at", "expiresAt"],
  ["deliver_at", "deliverAt"],
]);

export function broadcastPatch(
  { values: { user: _user, ...values }, given }: Patch,
): BroadcastPatch {
  return { values, given: [...given] };
}

/** A change of which the second part comes after the first. */
export function withBoth(first: BroadcastPatch, second: BroadcastPatch): BroadcastPatch {
  const given = [...new Set([...first.given, ...second.given])];
  return { values: changedContent(first.values, second), given };
}

/**
 * What is sent to others after a change. Throws a `CodedError` where it cannot be so.
 *
 * @param changes how many changes are in it
 * @param deliverAt when it was to be delivered at the latest, in Unix milliseconds
 */
export function changedRequest(
  request: ParsedContent,
  patch: BroadcastPatch,
  { changes, deliverAt }: { readonly changes: number; readonly deliverAt: number },
): ParsedContent {
  const changed = changedContent(request, patch);
  requireTimes(changed, patch, deliverAt);
  const { message, data, attachments, image } = changed;
  if ([message, data, attachments, image].every((each) => each === undefined)) {
    const missing = "Missing field 'message': nothing else is left of what the notification says";
    throw new CodedError("missing_field", missing, { field: "message" });
  }
  return { ...changed, details: { ...changed.details, [CHANGE]: changes } as Details };
}

/** When it is delivered at the latest, in Unix milliseconds: a time on receivers' clocks may be any. */
export function latestOf(deliverAt: ParsedContent["deliverAt"]): number {
  if (typeof deliverAt !== "object") return (deliverAt ?? 0) * 1000;
  return Date.now() + MAX_DAYS_AHEAD * DAY_MS;
}

function changedContent(before: ParsedContent, { values, given }: BroadcastPatch): ParsedContent {
  const changed: Record<string, unknown> = { ...before };
  for (const field of given) {
    const name = VALUES.get(field);
    if (name !== undefined) changed[name] = values[name];
  }
  const details = changedDetails({ ...before.details }, values.details, new Set(given));
  return { ...changed as unknown as ParsedContent, details: details as Details };
}

function requireTimes(
  { deliverAt, expiresAt }: ParsedContent,
  { given }: BroadcastPatch,
  wasDueAt: number,
): void {
  const isLater = given.includes("deliver_at") &&
    (typeof deliverAt === "object" || (deliverAt ?? 0) > unixSeconds());
  if (isLater && wasDueAt <= Date.now()) {
    const time = typeof deliverAt === "object" ? deliverAt.text : deliverAt;
    throw invalid("deliver_at", time, "a time only while the notification is scheduled");
  }
  if (expiresAt === undefined || typeof deliverAt === "object") return;
  if (expiresAt > (deliverAt ?? 0)) return;
  throw invalid("expires_at", expiresAt, `a time after 'deliver_at', which is ${deliverAt}`);
}
