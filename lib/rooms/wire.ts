/** Rooms as answers and frames show them. */
import { type Fields, invalid } from "../base/fields.ts";
import { unixSeconds } from "../base/times.ts";
import { MAX_PAGE, pageSize } from "../core/command_fields.ts";
import type { Publication } from "../core/publication.ts";
import type { PresenceCursor, PresencePage, PresenceRequest, UserPresence } from "./store/store.ts";

/** The most users that are named in one frame. */
export const MOST_NAMED = MAX_PAGE;

/** A user in a room. */
export function userOnWire({ user_id, name, client_id, connected_at }: UserPresence) {
  return { user_id, name, client_id, connected_at };
}

/** A part of who is in a room. How many there are is told where it is not all. */
export function presenceOnWire({ users, count, next }: Shown) {
  return { users: users.map(userOnWire), ...restOnWire({ users, count, next }) };
}

/** What a connection is answered that asks who is in a room. */
export function watchedOnWire(
  { page, isCounted }: { readonly page: Shown; readonly isCounted: boolean },
) {
  return presenceOnWire(isCounted ? { users: [], count: page.count } : page);
}

type Shown = Pick<PresencePage, "users" | "count" | "next">;

/** What says that a part of a list is not all: how many there are, and where the next part begins. */
export function restOnWire({ users, count, next }: Shown) {
  const isCounted = users.length === 0 && count > 0;
  return next === undefined && !isCounted
    ? {}
    : { count, ...(next === undefined ? {} : { next: cursorOnWire(next) }) };
}

/** What this node alone tells its connections of a room: a part of who is there, or how many there are. */
export function presencePublication(page: Shown): Publication {
  return { kind: "presence", id: "-", at: unixSeconds(), data: presenceOnWire(page) };
}

/** Reads which part of a room is asked for. @param usual how many users, where the fields do not say it */
export function presenceRequest(fields: Fields, usual?: number): PresenceRequest {
  const from = cursorField(fields);
  return { limit: pageSize(fields, usual), ...(from === undefined ? {} : { from }) };
}

function cursorOnWire({ after, until }: PresenceCursor): string {
  return `${after}-${until}`;
}

/** `cursor`: the `next` of the page before. */
function cursorField(fields: Fields): PresenceCursor | undefined {
  const { cursor } = fields;
  if (cursor === undefined || cursor === null) return undefined;
  const [, after = NaN, until = NaN] = (/^(\d{1,16})-(\d{1,16})$/.exec(String(cursor)) ?? []).map(
    Number,
  );
  if (Number.isSafeInteger(after) && Number.isSafeInteger(until)) return { after, until };
  throw invalid("cursor", cursor, "the 'next' of the page before");
}
