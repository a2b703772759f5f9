/** Why a client's position in an inbox is none to go on from, the same for every store. */
import type { Position } from "../../core/publication.ts";
import type { InboxSync } from "./store.ts";

/** @param inbox where the inbox stands; `dropped` is the highest offset of an unread one that retention dropped */
export function syncReason(
  since: Position | undefined,
  inbox: Position & { readonly dropped: number },
): InboxSync["reason"] {
  if (since === undefined) return "new";
  if (since.epoch !== inbox.epoch || since.offset > inbox.offset) return "epoch";
  return since.offset < inbox.dropped ? "expired" : undefined;
}
