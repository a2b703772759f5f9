/** What the stores share of how a notification is changed in place. */
import { inSeconds } from "../../base/times.ts";
import type { Content, Publication } from "../../core/publication.ts";
import type { Kept, NotificationState, Snoozed, StoredNotification } from "./store.ts";

/** Among the details: which changes of a notification for many one has. It is shown to nobody. */
export const CHANGE = "broadcast_change";

/** Among the details of a silent one: when it asks for attention, in Unix milliseconds. It is shown to nobody. */
export const ALERT_AT = "alert_at";

/** The content of what is kept, without what stands beside it. */
export function contentIn(kept: Kept): Content {
  const { from, message, event, data, tags, attachments, image, details } = kept;
  return {
    ...(from && { from }),
    ...(message !== undefined && { message }),
    ...(event !== undefined && { event }),
    ...(data !== undefined && { data }),
    ...(tags && { tags }),
    ...(attachments && { attachments }),
    ...(image && { image }),
    ...(details && { details }),
  };
}

/** The group of a notification, if it has one. */
export function groupOf({ details }: Content): string | undefined {
  const group = details?.["group"];
  return typeof group === "string" ? group : undefined;
}

/** Whether its user has snoozed a notification, which it says for good: also where it has come back since. */
export function isSnoozed({ details }: Content): boolean {
  return details?.["snoozed_at"] !== undefined;
}

/** A notification that its user has snoozed, as clients are shown it. */
export function snoozedPublication({ id, room, at = 0, deliverAt, ...kept }: Snoozed): Publication {
  const content = contentIn({ ...kept, room });
  const details = { ...content.details, state: "snoozed", snoozed_until: inSeconds(deliverAt) };
  return { kind: "notification", id, room, at, ...content, details };
}

/** What is kept of a notification in an inbox. */
export function keptOf(
  { publication: { kind: _kind, id: _id, room = "", ...content } }: StoredNotification,
  expiresAt: number | undefined,
): Kept {
  return { ...content, room, ...(expiresAt !== undefined && { expiresAt }) };
}

/**
 * A notification that was changed, as clients hear of it: beside its content it says how far it came, as in a list, since it
 * is none that has just come.
 */
export function changedPublication(
  kept: Kept,
  found: StoredNotification,
): Publication & { readonly room: string } {
  const content = contentIn(kept);
  return {
    ...{ kind: "notification", id: found.id, room: kept.room, at: kept.at ?? found.publication.at },
    ...content,
    details: { ...content.details, ...statesOf(found) },
  };
}

/** How far a notification came, in the fields that lists have. */
export function statesOf(
  found: Pick<
    StoredNotification,
    "sentAt" | "deliveredAt" | "readAt" | "archivedAt"
  >,
): { state: NotificationState; read_at?: number; archived_at?: number } {
  const { readAt, archivedAt } = found;
  return {
    state: stateOf(found),
    ...(readAt !== undefined && { read_at: inSeconds(readAt) }),
    ...(archivedAt !== undefined && { archived_at: inSeconds(archivedAt) }),
  };
}

/** How far a notification came. */
export function stateOf(
  { readAt, deliveredAt, sentAt }: Pick<StoredNotification, "readAt" | "deliveredAt" | "sentAt">,
): NotificationState {
  if (readAt !== undefined) return "read";
  if (deliveredAt !== undefined) return "delivered";
  return sentAt === undefined ? "queued" : "sent";
}
