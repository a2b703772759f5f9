/** Changes how notifications are shown that nobody has seen yet. */
import { asEdited } from "../patch.ts";
import type { Inbox, Kept, StoredNotification } from "../store/store.ts";
import type { Meant } from "./types.ts";

type Details = Readonly<Record<string, unknown>>;

/** Whether the user has done something with it. */
export function isSeen(
  { readAt, archivedAt, publication: { details } }: StoredNotification,
): boolean {
  return readAt !== undefined || archivedAt !== undefined || details?.["acted"] !== undefined;
}

/**
 * Changes the details of a notification that is in the inbox and unseen. Says whether there was something to change.
 *
 * @param change `undefined` leaves it as it is
 */
export async function changeUnseen(
  inbox: Pick<Inbox, "edit">,
  { site, user, id }: Meant,
  change: (details: Details) => Details | undefined,
): Promise<boolean> {
  try {
    const kept = await inbox.edit(site, user, id, (kept, found): Kept => {
      const details = isSeen(found) ? undefined : change(kept.details ?? {});
      if (details === undefined) throw new Unchanged();
      return asEdited({ ...kept, details }, found);
    });
    return kept !== undefined;
  } catch (error) {
    if (error instanceof Unchanged) return false;
    throw error;
  }
}

/** Says that a notification stays as it is. */
class Unchanged extends Error {}
