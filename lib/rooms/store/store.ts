/** What is kept of who is in which room, as all nodes and other systems see it, and what a store does with it. */
import type { UserId } from "../../base/fields.ts";

/** One client in one room, as other systems see it in `notifyli:connections:{room}` (the base protocol). */
export interface PresenceEntry {
  readonly client_id: string;
  readonly room: string;
  readonly name: string;
  readonly user_id: number | string;
  /** Unix time in seconds. */
  readonly connected_at: number;
}

/** A user in a room, shown by the newest of the user's clients there. */
export interface UserPresence extends PresenceEntry {
  /** All of the user's clients in the room; absent where there is one. */
  readonly clients?: readonly PresenceEntry[];
}

/** Which part of a room is read. */
export interface PresenceRequest {
  /** The most users of one page, 1 to 1,000. A page ends earlier where its users' entries are long. */
  readonly limit: number;
  /** Where the page before ended; absent: the first page is read. */
  readonly from?: PresenceCursor;
  /** Where more users are in the room, none is read. @default any number */
  readonly most?: number;
}

/**
 * Where a page ended. Users are in the order in which they came, and a list ends with who was there when its first page was
 * read, so that nobody who stays is left out or comes twice, whoever else comes and goes meanwhile.
 */
export interface PresenceCursor {
  /** The version of the last user of the page before. */
  readonly after: number;
  /** The room's version when the first page was read. */
  readonly until: number;
}

/** A part of who is in a room. */
export interface PresencePage {
  /** One entry for each user. */
  readonly users: readonly UserPresence[];
  /** How many users are in the room. */
  readonly count: number;
  /** The room's version: it rises with each user that comes or leaves. */
  readonly version: number;
  /** Where the next page begins; absent on the last one. */
  readonly next?: PresenceCursor;
}

/** A user came into a room by the first of its clients there, or left it by the last one. */
export interface PresenceChange {
  readonly kind: "join" | "leave";
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
  /** The user's id where a node died and its name is not known. */
  readonly name: string;
  /**
   * How many users are in the room since, on all nodes together: a room is occupied by a join that makes it 1, and vacated
   * by a leave that makes it 0.
   */
  readonly users: number;
  /** No other change has this id. */
  readonly id: string;
}

/** Where a store in Redis notes its changes, each in one step with the change. */
export interface PresenceLogs {
  /** The streams that get users who come and leave, and those that get rooms that are occupied and vacated. */
  streamsOf(
    kind: PresenceChange["kind"],
    site: string,
    room: string,
  ): { readonly ofUsers: readonly string[]; readonly ofRooms: readonly string[] };
}

export type OnPresenceChange = (change: PresenceChange) => void;

/** Which part of a site's rooms is read. */
export interface OccupiedRequest {
  /** The most rooms of one page. A page ends earlier where many rooms do not match. */
  readonly limit: number;
  /** Where the page before ended: the name of a room, which need not be there any more. */
  readonly after?: string;
  /** Which rooms, with `*` for any text. @default all */
  readonly pattern?: string;
}

/** A room with somebody in it. */
export interface OccupiedRoom {
  readonly room: string;
  /** How many users are there. */
  readonly users: number;
}

/** A part of a site's rooms with somebody in them, in the order of their names. */
export interface OccupiedPage {
  readonly rooms: readonly OccupiedRoom[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

export interface PresenceManager {
  /** Changes when all that was added is lost. What was added in this era is still there, unless it was removed. */
  readonly era: string;
  /**
   * Adds a client, and says whether it is the user's first one in the room, which the room is told in the same step, unless
   * the room has a limit. Rejects with `room_full`, and adds nothing, where all users have as many clients there already, on
   * all nodes together; a client that is in the room is never refused. Looking and adding are one step. A client may have
   * one call for a room at a time.
   *
   * @param maxClients how many the room takes; absent: any number. The room is told by {@linkcode PresenceManager.announce}
   */
  add(site: string, user: UserId, entry: PresenceEntry, maxClients?: number): Promise<boolean>;
  /** Tells a room with a limit of a user who came, if the user is still there. */
  announce(site: string, user: UserId, entry: PresenceEntry): Promise<void>;
  /** Removes a client, and says whether it was the user's last one in the room, which the room is told in the same step. */
  remove(site: string, user: UserId, entry: PresenceEntry): Promise<boolean>;
  /** Something that was added will not be removed by anybody. It has to vanish all the same, with this era. */
  forsake(): void;
  list(site: string, room: string, request: PresenceRequest): Promise<PresencePage>;
  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined>;
  /** A part of the site's rooms with somebody in them, on all nodes together. */
  occupied(site: string, request: OccupiedRequest): Promise<OccupiedPage>;
  /** How many users are in each of these rooms. */
  counts(site: string, rooms: readonly string[]): Promise<number[]>;
  /**
   * Sets what is told of each change, once on all nodes together: on the node whose call made it, also where this took out
   * what a dead node had. After all data was lost, who is there comes again. A user whose place in a room with a limit is
   * given back at once has come and left.
   */
  listen(listener: OnPresenceChange): void;
  /** Sets the logs that get each change. Says whether the store writes them: those in memory do not. */
  logBy(logs: PresenceLogs): boolean;
}

/** Most bytes of the entries of one page. */
export const MAX_PAGE_BYTES = 250_000;

/** Most rooms that are looked at for one page of those with somebody in them. */
export const MAX_LOOKED = 10_000;
