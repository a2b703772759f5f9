/** Reads in Redis which rooms of a site have somebody in them. `presence.lua` keeps the list of them. */
import type { Redis } from "ioredis";
import { compareCodePoints } from "../../base/code_point_order.ts";
import { throwUnavailable } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { roomPattern } from "../rules/patterns.ts";
import { occupiedKey, roomKeys } from "./connections.ts";
import type { PRESENCE_FUNCTIONS } from "./functions.ts";
import { MAX_LOOKED, type OccupiedPage, type OccupiedRequest, type OccupiedRoom } from "./store.ts";

/** Rooms that are read, and counted, in one call. */
const SLICE = 500;

export class OccupiedRooms {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof PRESENCE_FUNCTIONS>;

  constructor(
    { redis, keys }: Pick<RedisStorage, "redis" | "keys">,
    functions: Calls<typeof PRESENCE_FUNCTIONS>,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#functions = functions;
  }

  async page(
    site: string,
    { limit, after, pattern = "*" }: OccupiedRequest,
  ): Promise<OccupiedPage> {
    const matches = roomPattern(pattern);
    const [start = ""] = pattern.split("*");
    const rooms: OccupiedRoom[] = [];
    let from = after === undefined || compareCodePoints(after, start) < 0
      ? `[${start}`
      : `(${after}`;
    for (let looked = 0; looked < MAX_LOOKED; looked += SLICE) {
      const names = await this.#names(site, from);
      const found = names.filter((name) => matches.test(name));
      const counts = await this.counts(site, found);
      for (const [index, room] of found.entries()) {
        const users = counts[index] ?? 0;
        if (users === 0) continue; // the last one has left meanwhile
        if (rooms.length >= limit) return { rooms, next: rooms.at(-1)!.room };
        rooms.push({ room, users });
      }
      const last = names.at(-1);
      if (names.length < SLICE || last === undefined || !last.startsWith(start)) return { rooms };
      from = `(${last}`;
    }
    return { rooms, next: from.slice(1) };
  }

  async counts(site: string, rooms: readonly string[]): Promise<number[]> {
    const counts: number[] = [];
    for (let at = 0; at < rooms.length; at += SLICE) {
      const slice = rooms.slice(at, at + SLICE);
      const present = slice.map((room) => roomKeys(this.#keys, site, room).present);
      const keys = [occupiedKey(this.#keys, site), ...present];
      counts.push(...await this.#functions.counts(keys, slice) as number[]);
    }
    return counts;
  }

  /** The names of rooms in their order. @param from as ZRANGE has it: a name after `[` or `(` */
  async #names(site: string, from: string): Promise<string[]> {
    const key = occupiedKey(this.#keys, site);
    return await this.#redis.zrange(key, from, "+", "BYLEX", "LIMIT", 0, SLICE)
      .catch(throwUnavailable);
  }
}
