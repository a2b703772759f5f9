/** Cuts what is read of an inbox into pages, so that no answer outgrows what a client may have waiting. */
import type { UserId } from "../base/fields.ts";
import { frameLength, type Position } from "../core/publication.ts";
import type { InboxPage, InboxSync, StoredNotification } from "./store/store.ts";

/** A part of an inbox: where it ends, and whether there is more behind it. */
type Page = Pick<InboxSync, "offset" | "more" | "notifications">;

/**
 * What a sync gives.
 *
 * @param inbox where the inbox stands, and how many are unread
 * @param page its notifications, oldest first
 * @param reason why nothing could be recovered; absent where it was
 */
export function syncOf(
  { epoch, unread, offset: end }: Position & { readonly unread: number },
  { notifications, more }: InboxPage,
  reason: InboxSync["reason"],
): InboxSync {
  const offset = more ? notifications.at(-1)?.offset ?? end : end;
  return {
    ...{ epoch, unread, recovered: reason === undefined, ...(reason && { reason }) },
    ...{ offset, ...(more && { more }), notifications },
  };
}

/**
 * Cuts a page to a number of notifications.
 *
 * @param found up to one more than `limit`, oldest first
 * @param end the inbox's last offset, where a page ends that has no more behind it
 */
export function cutTo(found: readonly StoredNotification[], limit: number, end: number): Page {
  const last = found[limit - 1];
  if (found.length <= limit || last === undefined) return { offset: end, notifications: found };
  return { offset: last.offset, more: true, notifications: found.slice(0, limit) };
}

/** Cuts a page of a user's inbox to a number of characters, and to one notification at least. */
export function cutToLength<P extends Page>(page: P, user: UserId, characters: number): P {
  const { notifications, offset } = page;
  let length = 0;
  const over = notifications.findIndex(({ publication }) =>
    (length += frameLength(user, publication)) > characters
  );
  return over < 0 ? page : { ...page, ...cutTo(notifications, Math.max(1, over), offset) };
}
