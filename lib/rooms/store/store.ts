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

export interface PresenceManager {
  /**
   * Adds a client, and says whether it is the user's first one in the room. Rejects with `room_full`, and adds nothing,
   * where all users have as many clients there already, on all nodes together; a client that is in the room is never
   * refused. Looking and adding are one step. A client may have one call for a room at a time.
   *
   * @param maxClients how many the room takes; absent: any number
   */
  add(site: string, user: UserId, entry: PresenceEntry, maxClients?: number): Promise<boolean>;
  /** Removes a client, and says whether it was the user's last one in the room. */
  remove(site: string, user: UserId, entry: PresenceEntry): Promise<boolean>;
  /** Everyone in a room, one entry for each user. */
  list(site: string, room: string): Promise<UserPresence[]>;
  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined>;
}
