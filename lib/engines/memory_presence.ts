/** Who is in which room of one node. */
import type { Connection, PresenceManager, UserConnection } from "../engine.ts";
import type { UserId } from "../fields.ts";
import { roomFull } from "./room_full.ts";

type Clients = Map<string, Connection>;

interface Room {
  /** By user, then by client id. */
  readonly users: Map<UserId, Clients>;
  /** Of all users together. */
  clientCount: number;
}

export class MemoryPresence implements PresenceManager {
  /** By site and room. */
  readonly #rooms = new Map<string, Room>();

  add(
    site: string,
    user: UserId,
    connection: Connection,
    maxClients = Infinity,
  ): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const room = this.#rooms.get(key) ?? { users: new Map<UserId, Clients>(), clientCount: 0 };
    const clients = room.users.get(user) ?? new Map<string, Connection>();
    const isNew = !clients.has(connection.client_id);
    if (isNew && room.clientCount >= maxClients) {
      return Promise.reject(roomFull(connection.room, maxClients));
    }
    this.#rooms.set(key, room);
    room.users.set(user, clients);
    const isFirst = clients.size === 0;
    clients.set(connection.client_id, connection);
    if (isNew) room.clientCount++;
    return Promise.resolve(isFirst);
  }

  remove(site: string, user: UserId, connection: Connection): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const room = this.#rooms.get(key);
    const clients = room?.users.get(user);
    if (!room || !clients?.delete(connection.client_id)) return Promise.resolve(false);
    room.clientCount--;
    if (clients.size > 0) return Promise.resolve(false);
    room.users.delete(user);
    if (room.users.size === 0) this.#rooms.delete(key);
    return Promise.resolve(true);
  }

  list(site: string, room: string): Promise<UserConnection[]> {
    const users = this.#rooms.get(keyOf(site, room))?.users.values() ?? [];
    return Promise.resolve([...users].flatMap((clients) => userConnection(clients) ?? []));
  }

  get(site: string, room: string, user: UserId): Promise<UserConnection | undefined> {
    const clients = this.#rooms.get(keyOf(site, room))?.users.get(user);
    return Promise.resolve(clients && userConnection(clients));
  }

  stats(site: string, room: string): Promise<{ users: number }> {
    return Promise.resolve({ users: this.#rooms.get(keyOf(site, room))?.users.size ?? 0 });
  }
}

function userConnection(clients: Clients): UserConnection | undefined {
  const all = [...clients.values()];
  const newest = all.at(-1);
  return newest && all.length > 1 ? { ...newest, clients: all } : newest;
}

function keyOf(site: string, room: string): string {
  return `${site}\n${room}`;
}
