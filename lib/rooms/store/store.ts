/** Who is in which room, as all nodes and other systems see it. */
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

/** A user in a room: the newest of the user's clients there, and all of them where they are several. */
export interface UserPresence extends PresenceEntry {
  readonly clients?: readonly PresenceEntry[];
}

export interface PresenceManager {
  /**
   * Says whether this is the user's first client in the room. Rejects with `room_full`, and adds nothing, where the room
   * has as many clients already, those of all users and nodes together; one that is in the room is never refused. Looking
   * and adding are one step. One call at a time for a client in a room.
   *
   * @param maxClients in the room; absent for no limit
   */
  add(site: string, user: UserId, connection: PresenceEntry, maxClients?: number): Promise<boolean>;
  /** Says whether this was the user's last client in the room. */
  remove(site: string, user: UserId, connection: PresenceEntry): Promise<boolean>;
  /** One entry a user. */
  list(site: string, room: string): Promise<UserPresence[]>;
  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined>;
}
