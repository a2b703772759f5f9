/** Keeps in memory who is in which room, for a server that is the only node. */
import type { Publication } from "../../core/publication.ts";
import type { UserId } from "../../base/fields.ts";
import { changePublication } from "./change.ts";
import { Occupants } from "./occupants.ts";
import { roomFull } from "./room_full.ts";
import type {
  PresenceEntry,
  PresenceManager,
  PresencePage,
  PresenceRequest,
  UserPresence,
} from "./store.ts";

/** Tells a room who came or left. */
export type Tell = (site: string, room: string, publication: Publication) => void;

export class MemoryPresence implements PresenceManager {
  /** The occupants by site and room. */
  readonly #rooms = new Map<string, Occupants>();
  /** Nothing is lost while the process lives. */
  readonly era: string = "";
  readonly #tell: Tell;
  /** The last version of all rooms. */
  #version = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  add(
    site: string,
    user: UserId,
    entry: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const key = keyOf(site, entry.room);
    const room = this.#rooms.get(key) ?? new Occupants();
    if (!room.has(user, entry) && room.clientCount >= (maxClients ?? Infinity)) {
      return Promise.reject(roomFull(entry.room, maxClients ?? Infinity));
    }
    this.#rooms.set(key, room);
    const isFirst = room.add(user, entry, () => ++this.#version);
    if (isFirst && maxClients === undefined) this.#announce(site, user, entry, room);
    return Promise.resolve(isFirst);
  }

  announce(site: string, user: UserId, entry: PresenceEntry): Promise<void> {
    const room = this.#rooms.get(keyOf(site, entry.room));
    if (room !== undefined) this.#announce(site, user, entry, room);
    return Promise.resolve();
  }

  remove(site: string, user: UserId, entry: PresenceEntry): Promise<boolean> {
    const key = keyOf(site, entry.room);
    const room = this.#rooms.get(key);
    if (!room?.remove(user, entry)) return Promise.resolve(false);
    const { size } = room;
    if (size === 0) this.#rooms.delete(key);
    const id = { version: room.version = ++this.#version, users: size };
    this.#tell(site, entry.room, changePublication("leave", { user, name: entry.name }, id));
    return Promise.resolve(true);
  }

  /** Removing never fails here. */
  forsake(): void {}

  list(site: string, room: string, request: PresenceRequest): Promise<PresencePage> {
    const occupants = this.#rooms.get(keyOf(site, room));
    return Promise.resolve(occupants?.page(request) ?? { users: [], count: 0, version: 0 });
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    return Promise.resolve(this.#rooms.get(keyOf(site, room))?.get(user));
  }

  /** Tells the room of a user under the version with which the user came. */
  #announce(site: string, user: UserId, { room, name }: PresenceEntry, occupants: Occupants): void {
    const version = occupants.versionOf(user);
    if (version === undefined) return;
    const id = { version, users: occupants.size };
    this.#tell(site, room, changePublication("join", { user, name }, id));
  }
}

function keyOf(site: string, room: string): string {
  return `${site}\n${room}`;
}
