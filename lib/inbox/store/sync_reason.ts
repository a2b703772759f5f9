/** Why a client's position in an inbox is none to go on from, the same for every store. */
import { isPlaceIn, type Position, type Standing } from "../../core/publication.ts";
import type { InboxSync } from "./store.ts";

/** @param inbox where the inbox stands; `dropped` is the highest offset of an unread one that retention dropped */
export function syncReason(
  since: Position | undefined,
  inbox: Standing & { readonly dropped: number },
): InboxSync["reason"] {
  if (since === undefined) return "new";
  if (!isPlaceIn(inbox, since) || since.offset > inbox.offset) return "epoch";
  return since.offset < inbox.dropped ? "expired" : undefined;
}
