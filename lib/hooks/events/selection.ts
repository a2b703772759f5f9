/** Says which events somebody wants to be told of: of which kinds, in which rooms, of which sites. */
import { type RoomPattern, roomPattern } from "../../rooms/rules/patterns.ts";
import { EVENT_NAMES, type EventName } from "./event.ts";

/** Patterns, in which `*` stands for any text. */
export interface Choice {
  /** Of the names of events, such as `room.*`. @default all */
  readonly events?: readonly string[];
  /** Of rooms. An event that is of no room matches any. @default all */
  readonly rooms?: readonly string[];
  /** The names of sites. @default all */
  readonly sites?: readonly string[];
}

/** The events that a pattern names; none where it names no event that there is. */
export function eventsLike(pattern: string): EventName[] {
  const { test } = roomPattern(pattern);
  return EVENT_NAMES.filter(test);
}

/** A choice in a form that is quick to ask. */
export class Selection {
  readonly names: ReadonlySet<EventName>;
  readonly #rooms: readonly RoomPattern[] | undefined;
  readonly #sites: ReadonlySet<string> | undefined;

  constructor({ events = ["*"], rooms, sites }: Choice) {
    this.names = new Set(events.flatMap(eventsLike));
    this.#rooms = rooms?.includes("*") ? undefined : rooms?.map(roomPattern);
    this.#sites = sites && new Set(sites);
  }

  /** Whether it has what happens in a room, or on a site in no room. */
  has(site: string, room: string | undefined): boolean {
    if (this.#sites !== undefined && !this.#sites.has(site)) return false;
    if (this.#rooms === undefined || room === undefined) return true;
    return this.#rooms.some((each) => each.test(room));
  }
}
