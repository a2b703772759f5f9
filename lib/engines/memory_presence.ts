/** Who is in which room of one node. */
import type { Connection, PresenceManager, UserConnection } from "../engine.ts";
import type { UserId } from "../fields.ts";

type Clients = Map<string, Connection>;

export class MemoryPresence implements PresenceManager {
  /** By site and room, then by user, then by client id. */
  readonly #rooms = new Map<string, Map<UserId, Clients>>();

  add(site: string, user: UserId, connection: Connection): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const users = this.#rooms.get(key) ?? new Map<UserId, Clients>();
    this.#rooms.set(key, users);
    const clients = users.get(user) ?? new Map<string, Connection>();
    users.set(user, clients);
    const first = clients.size === 0;
    clients.set(connection.client_id, connection);
    return Promise.resolve(first);
  }

  remove(site: string, user: UserId, connection: Connection): Promise<boolean> {
    const key = keyOf(site, connection.room);
    const users = this.#rooms.get(key);
    const clients = users?.get(user);
    if (!users || !clients?.delete(connection.client_id)) return Promise.resolve(false);
    if (clients.size > 0) return Promise.resolve(false);
    users.delete(user);
    if (users.size === 0) this.#rooms.delete(key);
    return Promise.resolve(true);
  }

  list(site: string, room: string): Promise<UserConnection[]> {
    const users = this.#rooms.get(keyOf(site, room))?.values() ?? [];
    return Promise.resolve([...users].flatMap((clients) => userConnection(clients) ?? []));
  }

  get(site: string, room: string, user: UserId): Promise<UserConnection | undefined> {
    const clients = this.#rooms.get(keyOf(site, room))?.get(user);
    return Promise.resolve(clients && userConnection(clients));
  }

  stats(site: string, room: string): Promise<{ users: number }> {
    return Promise.resolve({ users: this.#rooms.get(keyOf(site, room))?.size ?? 0 });
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
