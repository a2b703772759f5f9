/** Who is in which room of one node. */
import type { PresenceEntry, PresenceManager, UserPresence } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { roomFull } from "./room_full.ts";

interface Occupants {
  /** The clients of each user, oldest first: mostly one, and a Map would take 200 bytes more for each user. */
  readonly users: Map<UserId, readonly PresenceEntry[]>;
  /** Of all users together. */
  clientCount: number;
}

export class MemoryPresence implements PresenceManager {
  /** By site and room. */
  readonly #rooms = new Map<string, Occupants>();

  add(
    site: string,
    user: UserId,
    connection: PresenceEntry,
    maxClients = Infinity,
  ): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const room = this.#rooms.get(key) ?? { users: new Map(), clientCount: 0 };
    const clients = room.users.get(user) ?? [];
    const index = indexOf(clients, connection);
    const isNew = index === -1;
    if (isNew && room.clientCount >= maxClients) {
      return Promise.reject(roomFull(connection.room, maxClients));
    }
    this.#rooms.set(key, room);
    room.users.set(user, isNew ? clients.concat(connection) : clients.with(index, connection));
    if (isNew) room.clientCount++;
    return Promise.resolve(clients.length === 0);
  }

  remove(site: string, user: UserId, connection: PresenceEntry): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const room = this.#rooms.get(key);
    const clients = room?.users.get(user) ?? [];
    const index = indexOf(clients, connection);
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
    return Promise.resolve([...users].flatMap((clients) => userConnection(clients) ?? []));
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    const clients = this.#rooms.get(keyOf(site, room))?.users.get(user);
    return Promise.resolve(clients && userConnection(clients));
  }

}

function userConnection(clients: readonly PresenceEntry[]): UserPresence | undefined {
  const newest = clients.at(-1);
  return newest && clients.length > 1 ? { ...newest, clients } : newest;
}

function indexOf(clients: readonly PresenceEntry[], { client_id }: PresenceEntry): number {
  return clients.findIndex((each) => each.client_id === client_id);
}

function keyOf(site: string, room: string): string {
  return `${site}\n${room}`;
}
