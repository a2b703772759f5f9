/** Keeps in memory who is in which room, for a server that is the only node. */
import type { PresenceEntry, PresenceManager, UserPresence } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { roomFull } from "./room_full.ts";

interface Occupants {
  /** Each user's clients, oldest first. A list, since most users have one: a Map would take 200 bytes more for each. */
  readonly users: Map<UserId, readonly PresenceEntry[]>;
  /** How many clients all users have together. */
  clientCount: number;
}

export class MemoryPresence implements PresenceManager {
  /** The occupants by site and room. */
  readonly #rooms = new Map<string, Occupants>();

  add(
    site: string,
    user: UserId,
    entry: PresenceEntry,
    maxClients = Infinity,
  ): Promise<boolean> {
    const key = keyOf(site, entry.room);
    const room = this.#rooms.get(key) ?? { users: new Map(), clientCount: 0 };
    const clients = room.users.get(user) ?? [];
    const index = indexOf(clients, entry);
    const isNew = index === -1;
    if (isNew && room.clientCount >= maxClients) {
      return Promise.reject(roomFull(entry.room, maxClients));
    }
    this.#rooms.set(key, room);
    room.users.set(user, isNew ? clients.concat(entry) : clients.with(index, entry));
    if (isNew) room.clientCount++;
    return Promise.resolve(clients.length === 0);
  }

  remove(site: string, user: UserId, entry: PresenceEntry): Promise<boolean> {
    const key = keyOf(site, entry.room);
    const room = this.#rooms.get(key);
    const clients = room?.users.get(user) ?? [];
    const index = indexOf(clients, entry);
    if (room === undefined || index === -1) return Promise.resolve(false);
    room.clientCount--;
    if (clients.length > 1) {
      room.users.set(user, clients.toSpliced(index, 1));
      return Promise.resolve(false);
    }
    room.users.delete(user);
    if (room.users.size === 0) this.#rooms.delete(key);
    return Promise.resolve(true);
  }

  list(site: string, room: string): Promise<UserPresence[]> {
    const users = this.#rooms.get(keyOf(site, room))?.users.values() ?? [];
    return Promise.resolve([...users].flatMap((clients) => presenceOf(clients) ?? []));
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    const clients = this.#rooms.get(keyOf(site, room))?.users.get(user);
    return Promise.resolve(clients && presenceOf(clients));
  }
}

function presenceOf(clients: readonly PresenceEntry[]): UserPresence | undefined {
  const newest = clients.at(-1);
  return newest && clients.length > 1 ? { ...newest, clients } : newest;
}

function indexOf(clients: readonly PresenceEntry[], { client_id }: PresenceEntry): number {
  return clients.findIndex((each) => each.client_id === client_id);
}

function keyOf(site: string, room: string): string {
  return `${site}\n${room}`;
}
