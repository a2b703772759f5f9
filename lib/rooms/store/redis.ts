/** Who is in which room, in the connection hashes of the base protocol and beside them. */
import type { Redis } from "ioredis";
import type { PresenceEntry, PresenceManager, UserPresence } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { refused, unavailable } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { Lease } from "../../engines/redis/lease.ts";
import { Together } from "../../engines/redis/together.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { connectionField, connectionsKey, parsePresence, presenceKeys } from "./connections.ts";
import { PRESENCE_FUNCTIONS } from "./functions.ts";
import { roomFull } from "./room_full.ts";

/** What `presence.lua` answers: it was the user's first client, or the last one, in the room. */
const FIRST = 1;
const LAST = 1;
/** There is no place. */
const FULL = -1;

/** Of one call. */
const MOST_LOOKUPS = 200;

/** The place of one client in one room. */
export interface Place {
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
  readonly client_id: string;
}

/** Told that the last client of a user in a room was swept. */
export type OnGone = (place: Place) => void;

/** Somebody asks for one entry of a connection hash. */
interface Lookup {
  readonly hash: string;
  readonly field: string;
}

export class RedisPresence implements PresenceManager {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #lease: Lease;
  readonly #functions: Calls<typeof PRESENCE_FUNCTIONS>;
  readonly #lookups: Together<Lookup, UserPresence | undefined>;
  readonly #onGone: OnGone;

  constructor({ redis, keys, lease, functions }: RedisStorage, onGone: OnGone) {
    this.#redis = redis;
    this.#keys = keys;
    this.#lease = lease;
    this.#functions = functions.calls(PRESENCE_FUNCTIONS);
    this.#lookups = new Together<Lookup, UserPresence | undefined>(functions, {
      most: MOST_LOOKUPS,
      send: (lookups) => this.#lookUp(lookups),
    });
    this.#onGone = onGone;
    lease.sweepBy((lease, entry) => this.#sweep(lease, entry));
  }

  async add(
    site: string,
    user: UserId,
    connection: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const { client_id, room } = connection;
    const entry = { site, room, user, client_id };
    let added = await this.#add(entry, connection, maxClients);
    // The places of a dead node's clients are free when its lease has ended, not when somebody comes to sweep it.
    if (added === FULL && await this.#lease.sweepEnded()) {
      added = await this.#add(entry, connection, maxClients);
    }
    if (added !== FULL || maxClients === undefined) return added === FIRST;
    await this.#lease.strike(written(entry));
    throw roomFull(room, maxClients);
  }

  async remove(site: string, user: UserId, { client_id, room }: PresenceEntry): Promise<boolean> {
    const place = { site, room, user, client_id };
    const [last] = await Promise.all([
      this.#takeOut(place, ""),
      this.#lease.strike(written(place)),
    ]);
    return last === LAST;
  }

  async list(site: string, room: string): Promise<UserPresence[]> {
    const entries = await this.#redis.hvals(connectionsKey(this.#keys, site, room)).catch(refused);
    return entries.flatMap((entry) => parsePresence(entry) ?? []);
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    const hash = connectionsKey(this.#keys, site, room);
    return this.#lookups.ask({ hash, field: connectionField(user) });
  }

  async #lookUp(lookups: readonly Lookup[]): Promise<(UserPresence | undefined | Error)[]> {
    const [hashes, fields] = [lookups.map(({ hash }) => hash), lookups.map(({ field }) => field)];
    const entries = await this.#functions.get(hashes, fields) as (string | null | Error)[];
    return entries.map((entry) => {
      if (entry instanceof Error) return unavailable(entry);
      return entry === null ? undefined : parsePresence(entry);
    });
  }

  async #add(
    place: Place,
    connection: PresenceEntry,
    maxClients: number | undefined,
  ): Promise<unknown> {
    const json = JSON.stringify(connection);
    // Noted under the lease first: if this node dies in between, a sweep finds what is to be swept.
    const [, added] = await Promise.all([
      this.#lease.note(written(place)),
      this.#functions.place(
        presenceKeys(this.#keys, place),
        [connectionField(place.user), place.client_id, this.#lease.id, json, maxClients ?? ""],
      ),
    ]);
    return added;
  }

  /** @param lease whose the place must be; empty for any */
  #takeOut(place: Place, lease: string): Promise<unknown> {
    return this.#functions.place(
      presenceKeys(this.#keys, place),
      [connectionField(place.user), place.client_id, lease, "", ""],
    );
  }

  /** Says whether it was the user's last client in the room. */
  async #sweep(lease: string, entry: string): Promise<boolean> {
    const place = read(entry);
    if (await this.#takeOut(place, lease) !== LAST) return false;
    this.#onGone(place);
    return true;
  }
}

/** How a lease has it. None of the four holds a line break. */
function written({ site, room, user, client_id }: Place): string {
  return [site, room, user, client_id].join("\n");
}

function read(entry: string): Place {
  const [site = "", room = "", user = "", client_id = ""] = entry.split("\n");
  return { site, room, user, client_id };
}
