/** Says whether a user has seen a notification. */
import type { FoundNotification } from "../inbox/inbox.ts";
import { QUIET_ROUND } from "../inbox/timing/pushes.ts";
import type { Send } from "./store.ts";

/** What has this priority is pushed at once, and also where a page has taken it: nobody may be looking. */
export const URGENT = 5;

/** What the user has done with it; `undefined` where nothing. */
export function wasSeen(
  { readAt, archivedAt, publication: { details } }: FoundNotification,
): "read" | "archived" | undefined {
  if (readAt !== undefined || details?.["acted"] !== undefined) return "read";
  return archivedAt === undefined ? undefined : "archived";
}

/** Whether a page took it, so that no device has to show it: what came while it was quiet counts only from now on. */
export function wasTaken(
  { round, at, priority }: Send,
  { deliveredAt }: FoundNotification,
): boolean {
  if (deliveredAt === undefined || priority >= URGENT) return false;
  return round === 0 || round === QUIET_ROUND && deliveredAt > at;
}
