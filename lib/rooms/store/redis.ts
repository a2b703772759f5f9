/** Who is in which room, in the connection hashes of seed 000 and beside them. */
import type { Redis } from "ioredis";
import type { PresenceEntry, PresenceManager, UserPresence } from "./store.ts";
import type { UserId } from "../../base/fields.ts";
import { refused, unavailable } from "../../engines/redis/errors.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { Lease, LeaseEntry } from "../../engines/redis/lease.ts";
import { run, SCRIPTS } from "../../engines/redis/functions.ts";
import { Together } from "../../engines/redis/together.ts";
import { roomFull } from "./room_full.ts";

/** What `presence.lua` answers. */
const FIRST = 1;
const FULL = -1;

/** Of one call. */
const MOST_LOOKUPS = 200;

/** Somebody asks for one entry of a connection hash. */
interface Lookup {
  readonly hash: string;
  readonly field: string;
}

export class RedisPresence implements PresenceManager {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #lease: Lease;
  readonly #lookups: Together<Lookup, UserPresence | undefined>;

  constructor(redis: Redis, keys: RedisKeys, lease: Lease) {
    this.#redis = redis;
    this.#keys = keys;
    this.#lease = lease;
    this.#lookups = new Together<Lookup, UserPresence | undefined>(redis, {
      most: MOST_LOOKUPS,
      send: (lookups) => this.#lookUp(lookups),
    });
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
    await this.#lease.strike(entry);
    throw roomFull(room, maxClients);
  }

  async remove(site: string, user: UserId, { client_id, room }: PresenceEntry): Promise<boolean> {
    const [last] = await Promise.all([
      run(
        this.#redis,
        SCRIPTS.presence,
        this.#keys.presence(site, room, user),
        [this.#keys.connectionField(user), client_id, "", "", ""],
      ),
      this.#lease.strike({ site, room, user, client_id }),
    ]);
    return last === 1;
  }

  async list(site: string, room: string): Promise<UserPresence[]> {
    const entries = await this.#redis.hvals(this.#keys.connections(site, room)).catch(refused);
    return entries.flatMap((entry) => parsePresence(entry) ?? []);
  }

  get(site: string, room: string, user: UserId): Promise<UserPresence | undefined> {
    const [hash, field] = [this.#keys.connections(site, room), this.#keys.connectionField(user)];
    return this.#lookups.ask({ hash, field });
  }

  async stats(site: string, room: string): Promise<{ users: number }> {
    return { users: await this.#redis.hlen(this.#keys.connections(site, room)).catch(refused) };
  }

  async #lookUp(lookups: readonly Lookup[]): Promise<(UserPresence | undefined | Error)[]> {
    const [hashes, fields] = [lookups.map(({ hash }) => hash), lookups.map(({ field }) => field)];
    const entries = await run(
      this.#redis,
      SCRIPTS.presenceGet,
      hashes,
      fields,
    ) as (string | null | Error)[];
    return entries.map((entry) => {
      if (entry instanceof Error) return unavailable(entry);
      return entry === null ? undefined : parsePresence(entry);
    });
  }

  async #add(
    entry: LeaseEntry,
    connection: PresenceEntry,
    maxClients: number | undefined,
  ): Promise<unknown> {
    const { site, room, user, client_id } = entry;
    const json = JSON.stringify(connection);
    // Noted under the lease first: if this node dies in between, a sweep finds what is to be swept.
    const [, added] = await Promise.all([
      this.#lease.note(entry),
      run(
        this.#redis,
        SCRIPTS.presence,
        this.#keys.presence(site, room, user),
        [this.#keys.connectionField(user), client_id, this.#lease.id, json, maxClients ?? ""],
      ),
    ]);
    return added;
  }
}

/** Reads an entry of a connection hash; `undefined` for one that somebody else wrote and that is not JSON. */
export function parsePresence(entry: string): UserPresence | undefined {
  try {
    return JSON.parse(entry) as UserPresence;
  } catch {
    return undefined;
  }
}
