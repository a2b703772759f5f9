/** Keeps in memory who is in which room, for a server that is the only node. */
import type { Publication } from "../../core/publication.ts";
import { compareCodePoints } from "../../base/code_point_order.ts";
import type { UserId } from "../../base/fields.ts";
import { nextId } from "../../base/ids.ts";
import { changePublication } from "./change.ts";
import { Occupants } from "./occupants.ts";
import { roomFull } from "./room_full.ts";
import { roomPattern } from "../rules/patterns.ts";
import type {
  OccupiedPage,
  OccupiedRequest,
  OccupiedRoom,
  OnPresenceChange,
  PresenceEntry,
  PresenceManager,
  PresencePage,
  PresenceRequest,
  UserPresence,
} from "./store.ts";

/** Tells a room who came or left. */
export type Tell = (site: string, room: string, publication: Publication) => void;

export class MemoryPresence implements PresenceManager {
  /** The occupants of the rooms with somebody in them, by site and room. */
  readonly #sites = new Map<string, Map<string, Occupants>>();
  /** Nothing is lost while the process lives. */
  readonly era: string = "";
  readonly #tell: Tell;
  /** The last version of all rooms. */
  #version = 0;
  #onChange: OnPresenceChange = () => {};

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  add(
    site: string,
    user: UserId,
    entry: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const rooms = this.#sites.get(site) ?? new Map<string, Occupants>();
    const room = rooms.get(entry.room) ?? new Occupants();
    if (!room.has(user, entry) && room.clientCount >= (maxClients ?? Infinity)) {
      return Promise.reject(roomFull(entry.room, maxClients ?? Infinity));
    }
    this.#sites.set(site, rooms);
    rooms.set(entry.room, room);
    const isFirst = room.add(user, entry, () => ++this.#version);
    if (isFirst && maxClients === undefined) this.#announce(site, user, entry, room);
    if (isFirst) this.#noteChange("join", site, user, entry, room.size);
    return Promise.resolve(isFirst);
  }

  announce(site: string, user: UserId, entry: PresenceEntry): Promise<void> {
    const room = this.#roomOf(site, entry.room);
    if (room !== undefined) this.#announce(site, user, entry, room);
    return Promise.resolve();
  }

  remove(site: string, user: UserId, entry: PresenceEntry): Promise<boolean> {
    const room = this.#roomOf(site, entry.room);
    if (!room?.remove(user, entry)) return Promise.resolve(false);
    const { size } = room;
    if (size === 0) this.#forget(site, entry.room);
    const id = { version: room.version = ++this.#version, users: size };
    this.#tell(site, entry.room, changePublication("leave", { user, name: entry.name }, id));
    this.#noteChange("leave", site, user, entry, size);
    return Promise.resolve(true);
  }

  /** Removing never fails here. */
  forsake(): void {}

  list(site: string, room: string, request: PresenceRequest): Promise<PresencePage> {
    const occupants = this.#roomOf(site, room);
    return Promise.resolve(occupants?.page(request) ?? { users: [], count: 0, version: 0 });
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    return Promise.resolve(this.#roomOf(site, room)?.get(user));
  }

  occupied(
    site: string,
    { limit, after, pattern = "*" }: OccupiedRequest,
  ): Promise<OccupiedPage> {
    const matches = roomPattern(pattern);
    let found: string[] = [];
    for (const room of this.#sites.get(site)?.keys() ?? []) {
      if (after !== undefined && compareCodePoints(room, after) <= 0) continue;
      if (!matches.test(room)) continue;
      found.push(room);
      if (found.length > 4 * limit + 100) {
        found = found.sort(compareCodePoints).slice(0, limit + 1);
      }
    }
    const rooms = found.sort(compareCodePoints).slice(0, limit).map((room): OccupiedRoom => {
      return { room, users: this.#roomOf(site, room)?.size ?? 0 };
    });
    return Promise.resolve(found.length > limit ? { rooms, next: rooms.at(-1)?.room } : { rooms });
  }

  counts(site: string, rooms: readonly string[]): Promise<number[]> {
    return Promise.resolve(rooms.map((room) => this.#roomOf(site, room)?.size ?? 0));
  }

  listen(listener: OnPresenceChange): void {
    this.#onChange = listener;
  }

  /** Whoever keeps logs on this engine is the only node, and writes them by itself. */
  logBy(): boolean {
    return false;
  }

  #roomOf(site: string, room: string): Occupants | undefined {
    return this.#sites.get(site)?.get(room);
  }

  #forget(site: string, room: string): void {
    const rooms = this.#sites.get(site);
    rooms?.delete(room);
    if (rooms?.size === 0) this.#sites.delete(site);
  }

  #noteChange(
    kind: "join" | "leave",
    site: string,
    user: UserId,
    { room, name }: PresenceEntry,
    users: number,
  ): void {
    this.#onChange({ kind, site, room, user, name, users, id: nextId() });
  }

  /** Tells the room of a user under the version with which the user came. */
  #announce(site: string, user: UserId, { room, name }: PresenceEntry, occupants: Occupants): void {
    const version = occupants.versionOf(user);
    if (version === undefined) return;
    const id = { version, users: occupants.size };
    this.#tell(site, room, changePublication("join", { user, name }, id));
  }
}
