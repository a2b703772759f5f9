/** Lists the rooms of a site, in the order of their names: those that were made, and those with somebody in them. */
import { compareCodePoints } from "../../base/code_point_order.ts";
import type { Fields } from "../../base/fields.ts";
import { MAX_ANSWER } from "../../core/work.ts";
import type { Rooms } from "../rooms.ts";
import { roomPattern } from "../rules/patterns.ts";
import { isPattern } from "../rules/site_rules.ts";
import { madeOnWire } from "./fields.ts";
import type { MadeRooms } from "./made_rooms.ts";
import type { MadeRoom } from "./store.ts";

export interface RoomListRequest {
  readonly limit: number;
  /** The last room of the page before. */
  readonly after?: string;
  /** Which rooms, with `*` for any text. @default all */
  readonly pattern?: string;
  /** Only those that were made, or only those that were not. @default both */
  readonly made?: boolean;
}

export interface RoomList {
  readonly rooms: readonly Fields[];
  /** The last room of the page, where there are more. */
  readonly next?: string;
}

interface ListParts {
  readonly rooms: Rooms;
  readonly made: MadeRooms;
}

export async function listRooms(
  parts: ListParts,
  site: string,
  request: RoomListRequest,
): Promise<RoomList> {
  const { limit, made } = request;
  const own = made === false ? [] : madeAfter(parts.made, site, request);
  const occupied = made === true
    ? { rooms: [] }
    : await parts.rooms.presence.occupied(site, request);
  const users = new Map(occupied.rooms.map(({ room, users }) => [room, users]));
  const known = new Map(own.map((room) => [room.pattern, room]));
  const isMade = (room: string) => parts.made.get({ site, pattern: room }) !== undefined;
  const shownOccupied = occupied.rooms.map(({ room }) => room)
    .filter((room) => made !== false || !isMade(room));
  const names = [...new Set([...known.keys(), ...shownOccupied])].sort(compareCodePoints)
    // Where the page of occupied rooms has ended early, there may be more before the next made one.
    .filter((name) => occupied.next === undefined || compareCodePoints(name, occupied.next) <= 0);
  const page = names.slice(0, limit);
  await countUsers(parts.rooms, site, page, users);
  const entries: Fields[] = [];
  let characters = 0;
  for (const name of page) {
    const entry = onWire(parts, name, known.get(name), users.get(name) ?? 0);
    characters += JSON.stringify(entry).length + 1;
    if (entries.length > 0 && characters > MAX_ANSWER) break;
    entries.push(entry);
  }
  const next = entries.length < names.length ? page[entries.length - 1] : occupied.next;
  return { rooms: entries, ...(next !== undefined && { next }) };
}

/** A room as answers show it. @param made absent where it was not made, and is there since somebody is in it */
export function onWire(
  { rooms }: Pick<ListParts, "rooms">,
  room: string,
  made: MadeRoom | undefined,
  users: number,
): Fields {
  if (made === undefined) return { room, made: false, users };
  return madeOnWire(made, rooms.rules, isPattern(room) ? undefined : users);
}

/** The first made rooms after the page before, and one more than are shown. */
function madeAfter(
  made: MadeRooms,
  site: string,
  { limit, after, pattern = "*" }: RoomListRequest,
): MadeRoom[] {
  const matches = roomPattern(pattern);
  return [...made.of(site)].filter((room) =>
    (after === undefined || compareCodePoints(room.pattern, after) > 0) &&
    matches.test(room.pattern)
  ).sort((one, other) => compareCodePoints(one.pattern, other.pattern)).slice(0, limit + 1);
}

/** Counts those in made rooms that are in no page of occupied rooms. */
async function countUsers(
  rooms: Rooms,
  site: string,
  names: readonly string[],
  users: Map<string, number>,
): Promise<void> {
  const uncounted = names.filter((name) => !users.has(name) && !isPattern(name));
  const counts = await rooms.presence.counts(site, uncounted);
  uncounted.forEach((name, index) => users.set(name, counts[index] ?? 0));
}
