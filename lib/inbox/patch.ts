/** Reads which fields of a notification are to change, by the same rules as those of a new one. */
import { CodedError } from "../base/errors.ts";
import { type Fields, invalid, type UserId, userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import { inSeconds, unixSeconds } from "../base/times.ts";
import type { AttachedFile, Content } from "../core/publication.ts";
import { wordsOf } from "./attachments.ts";
import { DETAIL_FIELDS, type Details } from "./details/details.ts";
import { isMissing } from "./details/kinds.ts";
import { deliveryOf, type ParsedNotification, parseNotification } from "./notification.ts";
import { CHANGE, isSnoozed } from "./store/kept.ts";
import type { Kept, KeptForLater, StoredNotification } from "./store/store.ts";

/** What is to change of a notification. */
export interface Patch {
  /** The values of the fields that are given, and nothing of use for all others. */
  readonly values: ParsedNotification;
  /** Which fields are given. One of them without a value is taken away. */
  readonly given: ReadonlySet<string>;
  /** Whose notification it is, where the caller says so. */
  readonly user: UserId | undefined;
  /** Unix time in seconds at which a scheduled notification is delivered; 0 for at once. */
  readonly deliverAt: number | undefined;
  /** Which one it is of the changes of a notification for many; it is made once of each recipient's, where that can have it. */
  readonly change?: number;
}

/** Says that a notification has a change already. */
export class HasChange extends Error {}

/** The files of a notification, as far as they are given. */
export interface Attached {
  readonly attachments?: readonly AttachedFile[];
  readonly image?: AttachedFile;
}

/** @param id of the notification, which nothing changes */
export function parsePatch(
  id: string,
  fields: Fields,
  context: { readonly limits: Limits; readonly defaultRoom: string; readonly zone: string },
): Patch {
  const { id: otherId, user_id: user, ...given } = fields;
  if (!isMissing(otherId) && String(otherId) !== id) {
    throw invalid("id", otherId, "that of the notification, which cannot change");
  }
  const names = new Set(Object.keys(given).filter((name) => given[name] !== undefined));
  const values = parseNotification(
    // A notification has to say something, and to be somebody's: this one does and is.
    { ...given, user_id: "-", message: isMissing(given["message"]) ? "-" : given["message"] },
    context,
  );
  return {
    values: isMissing(given["message"]) ? { ...values, message: undefined } : values,
    given: names,
    user: isMissing(user) ? undefined : userIdField({ user_id: user }, context.limits),
    deliverAt: names.has("deliver_at") ? deliveryOf(values, context.zone) ?? 0 : undefined,
  };
}

/** A notification in an inbox, as it is after the change. Throws a `CodedError` where it cannot be so. */
export function patched(
  kept: Kept,
  found: StoredNotification,
  patch: Patch,
  files: Attached,
): Kept {
  if (patch.change === undefined && (patch.deliverAt ?? 0) > unixSeconds()) {
    throw invalid("deliver_at", patch.deliverAt, "a time only while the notification is scheduled");
  }
  return asEdited(withFields(kept, patch, files), found);
}

/** A notification that was changed where it is: clients are told so, and where it was at first. */
export function asEdited(kept: Kept, { offset, queuedAt }: StoredNotification): Kept {
  const { first_offset = offset, ...details } = { ...kept.details };
  return {
    ...kept,
    at: kept.at ?? inSeconds(queuedAt),
    details: { ...details, edited_at: unixSeconds(), first_offset },
  };
}

/** A notification that is still scheduled, as it is after the change. Throws a `CodedError` where it cannot be so. */
export function patchedForLater(kept: KeptForLater, patch: Patch, files: Attached): KeptForLater {
  const isPutOff = isSnoozed(kept);
  if (patch.change === undefined && patch.deliverAt !== undefined && isPutOff) {
    const allowed = "no time while its user has snoozed it";
    throw invalid("deliver_at", patch.deliverAt, allowed);
  }
  const changed = withFields(kept, patch, files);
  const deliverAt = patch.deliverAt === undefined || isPutOff
    ? kept.deliverAt
    : Math.max(patch.deliverAt * 1000, Date.now());
  const { expiresAt = Infinity } = changed;
  if (expiresAt > deliverAt) return { ...changed, deliverAt };
  const allowed = `a time after 'deliver_at', which is ${inSeconds(deliverAt)}`;
  throw invalid("expires_at", inSeconds(expiresAt), allowed);
}

/** A notification that waits for its digest, as it is after the change. Throws a `CodedError` where it cannot be so. */
export function patchedForDigest<K extends Kept>(kept: K, patch: Patch): K {
  return withFields(kept, patch, {});
}

/** Throws a `CodedError` where nothing is left that the notification says. */
function withFields<K extends Kept>(kept: K, { values, given, change }: Patch, files: Attached): K {
  if (change !== undefined && Number(kept.details?.[CHANGE] ?? 0) >= change) throw new HasChange();
  const has = (field: string) => given.has(field);
  const { message, data, tags, room, from, timestamp, expiresAt } = values;
  const changed: K = {
    ...kept,
    ...(has("message") && { message }),
    ...(has("data") && { data }),
    ...(has("tags") && { tags }),
    ...(has("room") && { room }),
    ...(has("from") && { from: { name: from } }),
    ...(has("timestamp") && { at: timestamp }),
    ...(has("expires_at") && { expiresAt: expiresAt && expiresAt * 1000 }),
    ...(has("attachments") && { attachments: files.attachments }),
    ...(has("image") && { image: files.image }),
    details: withChange(changedDetails(kept.details, values.details, given), change),
  };
  if (changed.message !== undefined || changed.data !== undefined) return changed;
  if (hasFiles(changed)) return { ...changed, message: wordsOf(changed) };
  const missing = "Missing field 'message': nothing else is left of what the notification says";
  throw new CodedError("missing_field", missing, { field: "message" });
}

function withChange(details: Content["details"], change: number | undefined): Content["details"] {
  return change === undefined ? details : { ...details, [CHANGE]: change };
}

/** Details with those that are given in place of what was there. */
export function changedDetails(
  before: Content["details"],
  values: Details = {},
  given: ReadonlySet<string>,
): Content["details"] {
  const fields = DETAIL_FIELDS.filter((field) => field !== "tags" && given.has(field));
  if (fields.length === 0) return before;
  const kept = Object.entries({ ...before }).filter(([field]) => !fields.includes(field as Field));
  return { ...Object.fromEntries(kept), ...values };
}

type Field = typeof DETAIL_FIELDS[number];

/** Whether a notification has files. */
export function hasFiles({ attachments, image }: Attached): boolean {
  return attachments !== undefined || image !== undefined;
}
