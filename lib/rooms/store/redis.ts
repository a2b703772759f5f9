/** Keeps in Redis who is in which room: in the connection hashes of the base protocol, and in keys beside them. */
import type { Redis } from "ioredis";
import type { PresenceEntry, PresenceManager, UserPresence } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { throwUnavailable, unavailable } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { Lease } from "../../engines/redis/lease.ts";
import { Together } from "../../engines/redis/together.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { connectionField, connectionsKey, parsePresence, presenceKeys } from "./connections.ts";
import { PRESENCE_FUNCTIONS } from "./functions.ts";
import { roomFull } from "./room_full.ts";

/** `presence.lua` answers this where it added the user's first client in the room. */
const FIRST = 1;
/** `presence.lua` answers this where it took out the user's last client in the room. */
const LAST = 1;
/** `presence.lua` answers this where the room has no place. */
const FULL = -1;

/** Most lookups in one call. */
const MOST_LOOKUPS = 200;

/** The place of one client in one room. */
export interface PlaceInRoom {
  readonly site: string;
  readonly room: string;
  readonly user: UserId;
  readonly client_id: string;
}

/** Is told that the last client of a user in a room was swept. */
export type OnGone = (place: PlaceInRoom) => void;

/** A question for one entry of a connection hash. */
interface EntryLookup {
  readonly hash: string;
  readonly field: string;
}

export class RedisPresence implements PresenceManager {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #lease: Lease;
  readonly #functions: Calls<typeof PRESENCE_FUNCTIONS>;
  readonly #lookups: Together<EntryLookup, UserPresence | undefined>;
  readonly #onGone: OnGone;

  constructor({ redis, keys, lease, functions }: RedisStorage, onGone: OnGone) {
    this.#redis = redis;
    this.#keys = keys;
    this.#lease = lease;
    this.#functions = functions.calls(PRESENCE_FUNCTIONS);
    this.#lookups = new Together<EntryLookup, UserPresence | undefined>(functions, {
      most: MOST_LOOKUPS,
      send: (lookups) => this.#lookUp(lookups),
    });
    this.#onGone = onGone;
    lease.sweepBy((lease, noted) => this.#sweep(lease, noted));
  }

  async add(
    site: string,
    user: UserId,
    entry: PresenceEntry,
    maxClients?: number,
  ): Promise<boolean> {
    const { client_id, room } = entry;
    const place = { site, room, user, client_id };
    let added = await this.#add(place, entry, maxClients);
    // A dead node's places are free once its lease has ended, although nobody may have swept them yet.
    if (added === FULL && await this.#lease.sweepEnded()) {
      added = await this.#add(place, entry, maxClients);
    }
    if (added !== FULL || maxClients === undefined) return added === FIRST;
    await this.#lease.strike(written(place));
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
    const entries = await this.#redis.hvals(connectionsKey(this.#keys, site, room)).catch(
      throwUnavailable,
    );
    return entries.flatMap((entry) => parsePresence(entry) ?? []);
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    const hash = connectionsKey(this.#keys, site, room);
    return this.#lookups.ask({ hash, field: connectionField(user) });
  }

  async #lookUp(lookups: readonly EntryLookup[]): Promise<(UserPresence | undefined | Error)[]> {
    const [hashes, fields] = [lookups.map(({ hash }) => hash), lookups.map(({ field }) => field)];
    const entries = await this.#functions.get(hashes, fields) as (string | null | Error)[];
    return entries.map((entry) => {
      if (entry instanceof Error) return unavailable(entry);
      return entry === null ? undefined : parsePresence(entry);
    });
  }

  async #add(
    place: PlaceInRoom,
    entry: PresenceEntry,
    maxClients: number | undefined,
  ): Promise<unknown> {
    const json = JSON.stringify(entry);
    // The place is noted under the lease first: if this node dies in between, a sweep finds it.
    const [, added] = await Promise.all([
      this.#lease.note(written(place)),
      this.#functions.place(
        presenceKeys(this.#keys, place),
        [connectionField(place.user), place.client_id, this.#lease.id, json, maxClients ?? ""],
      ),
    ]);
    return added;
  }

  /** @param lease the one that the place has to be of; empty for any */
  #takeOut(place: PlaceInRoom, lease: string): Promise<unknown> {
    return this.#functions.place(
      presenceKeys(this.#keys, place),
      [connectionField(place.user), place.client_id, lease, "", ""],
    );
  }

  /** Takes a dead client out, and says whether it was the user's last one in the room. */
  async #sweep(lease: string, noted: string): Promise<boolean> {
    const place = read(noted);
    if (await this.#takeOut(place, lease) !== LAST) return false;
    this.#onGone(place);
    return true;
  }
}

/** A place as a lease notes it. None of the four parts holds a line break. */
function written({ site, room, user, client_id }: PlaceInRoom): string {
  return [site, room, user, client_id].join("\n");
}

function read(noted: string): PlaceInRoom {
  const [site = "", room = "", user = "", client_id = ""] = noted.split("\n");
  return { site, room, user, client_id };
}
