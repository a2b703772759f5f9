/** Reads what is stored of a notification in Redis. */
import type { Publication } from "../../core/publication.ts";
import { contentOf } from "../../engines/redis/old_frames.ts";
import type { KeptForLater, StoredNotification } from "./store.ts";

/** @param values id, offset, what is stored, and times, as `inbox_read.lua` answers them */
export function toNotification(
  [id, offset, stored, times]: readonly (string | number)[],
): StoredNotification {
  const [queuedAt, sentAt, deliveredAt, readAt, archivedAt] = String(times).split(",");
  const publication = toPublication(String(id), String(stored));
  return {
    id: publication.id,
    room: publication.room ?? "",
    offset: Number(offset),
    publication,
    queuedAt: Number(queuedAt),
    ...time("sentAt", sentAt),
    ...time("deliveredAt", deliveredAt),
    ...time("readAt", readAt),
    ...time("archivedAt", archivedAt),
  };
}

/** Reads `\n`, time, blank, room, `\n`, content. Before version 0.2, what is stored was the room, `\n`, and a frame. */
function toPublication(id: string, stored: string): Publication {
  const kind = "notification";
  const isNew = stored.startsWith("\n");
  const roomStart = isNew ? stored.indexOf(" ") + 1 : 0;
  const roomEnd = stored.indexOf("\n", roomStart);
  const at = Number(stored.slice(1, Math.max(1, roomStart - 1)));
  const room = stored.slice(roomStart, roomEnd);
  return { kind, id, room, ...contentOf(stored.slice(roomEnd + 1), at, kind) };
}

function time(name: string, value: string | undefined): Record<string, number> {
  return value ? { [name]: Number(value) } : {};
}

/** What `schedule_add.lua` writes: accepted, due, expires, time and room, then the content. */
const SCHEDULED = /^\d+ (\d+) (\S+) (\S+) ([^\n]*)\n(.*)$/s;

/** A notification as the schedule has it, whichever version wrote it. */
export function scheduledIn(stored: string): KeptForLater | undefined {
  const [, due, end, at, room = "", text] = SCHEDULED.exec(stored) ?? [];
  if (text === undefined) return undefined;
  const { at: time, ...content } = contentOf(text, Number(at) || 0, "notification");
  return {
    ...content,
    ...{ room, deliverAt: Number(due) },
    ...(time > 0 && { at: time }),
    ...(end !== "-" && { expiresAt: Number(end) }),
  };
}
