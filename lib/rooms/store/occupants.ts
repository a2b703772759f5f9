/** Who is in one room, in the order in which the users came. */
import type { UserId } from "../../base/fields.ts";
import {
  MAX_PAGE_BYTES,
  type PresenceEntry,
  type PresencePage,
  type PresenceRequest,
  type UserPresence,
} from "./store.ts";

/** A user in the room. */
interface Occupant {
  /** The room's version when the user came. */
  readonly version: number;
  /** Oldest first; none where the user is gone. A list, since most have one: a Map would take 200 bytes more for each. */
  clients: readonly PresenceEntry[];
}

/** About how many bytes an entry takes beside its texts. */
const ENTRY_BYTES = 100;

export class Occupants {
  readonly #users = new Map<UserId, Occupant>();
  /** By their versions. Those who are gone are among them, until they are more than the others. */
  #inOrder: Occupant[] = [];
  /** The room's last version. */
  version = 0;
  /** How many clients all users have together. */
  clientCount = 0;

  /** How many users there are. */
  get size(): number {
    return this.#users.size;
  }

  has(user: UserId, entry: PresenceEntry): boolean {
    return indexOf(this.#users.get(user)?.clients ?? [], entry) >= 0;
  }

  get(user: UserId): UserPresence | undefined {
    const occupant = this.#users.get(user);
    return occupant && presenceOf(occupant);
  }

  versionOf(user: UserId): number | undefined {
    return this.#users.get(user)?.version;
  }

  /** Adds a client, and says whether it is the user's first one. */
  add(user: UserId, entry: PresenceEntry, nextVersion: () => number): boolean {
    const known = this.#users.get(user);
    if (known === undefined) {
      const occupant = { version: this.version = nextVersion(), clients: [entry] };
      this.#users.set(user, occupant);
      this.#inOrder.push(occupant);
      this.clientCount++;
      return true;
    }
    const index = indexOf(known.clients, entry);
    if (index < 0) this.clientCount++;
    known.clients = index < 0 ? known.clients.concat(entry) : known.clients.with(index, entry);
    return false;
  }

  /** Removes a client, and says whether it was the user's last one. */
  remove(user: UserId, entry: PresenceEntry): boolean {
    const known = this.#users.get(user);
    const index = indexOf(known?.clients ?? [], entry);
    if (known === undefined || index < 0) return false;
    this.clientCount--;
    known.clients = known.clients.toSpliced(index, 1);
    if (known.clients.length > 0) return false;
    this.#users.delete(user);
    if (this.#inOrder.length > 2 * this.size) this.#inOrder = this.#inOrder.filter(isThere);
    return true;
  }

  page({ limit, from, most = Infinity }: PresenceRequest): PresencePage {
    const page = { count: this.size, version: this.version };
    if (this.size > most) return { ...page, users: [] };
    const { after = 0, until = this.version } = from ?? {};
    const users: UserPresence[] = [];
    let [last, bytes] = [after, 0];
    for (let index = this.#indexAfter(after); index < this.#inOrder.length; index++) {
      const occupant = this.#inOrder[index]!;
      if (occupant.version > until) break;
      const user = presenceOf(occupant);
      if (user === undefined) continue;
      bytes += bytesOf(user);
      if (users.length > 0 && (users.length >= limit || bytes > MAX_PAGE_BYTES)) {
        return { ...page, users, next: { after: last, until } };
      }
      users.push(user);
      last = occupant.version;
    }
    return { ...page, users };
  }

  /** The index of the first one with a higher version. */
  #indexAfter(version: number): number {
    let [low, high] = [0, this.#inOrder.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#inOrder[middle]!.version > version) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function isThere({ clients }: Occupant): boolean {
  return clients.length > 0;
}

function presenceOf({ clients }: Occupant): UserPresence | undefined {
  const newest = clients.at(-1);
  return newest && clients.length > 1 ? { ...newest, clients } : newest;
}

function bytesOf({ name, room, clients }: UserPresence): number {
  return (ENTRY_BYTES + name.length + room.length) * (1 + (clients?.length ?? 0));
}

function indexOf(clients: readonly PresenceEntry[], { client_id }: PresenceEntry): number {
  return clients.findIndex((each) => each.client_id === client_id);
}
