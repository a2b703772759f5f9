/** Says whether a user has seen a notification. */
import type { FoundNotification } from "../inbox/inbox.ts";

/** What the user has done with it; `undefined` where nothing. */
export function wasSeen(
  { readAt, archivedAt, publication: { details } }: FoundNotification,
): "read" | "archived" | undefined {
  if (readAt !== undefined || details?.["acted"] !== undefined) return "read";
  return archivedAt === undefined ? undefined : "archived";
}
