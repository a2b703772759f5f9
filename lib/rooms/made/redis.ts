/**
 * The made rooms in Redis: a hash for each site, which all nodes read, and a channel on which nodes hear what changes. Both
 * are written in one step (`made_put.lua`).
 */
import type { Redis } from "ioredis";
import { isRefusedAlone } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { throwUnavailable, throwUnconfirmed } from "../../engines/redis/errors.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { MADE_FUNCTIONS } from "./functions.ts";
import type {
  MadeChange,
  MadeFields,
  MadeKey,
  MadeRoom,
  MadeRoomStore,
  OnMadeChange,
  PutOptions,
  PutResult,
} from "./store.ts";

/** Most rooms that are written back in one call. */
const MOST_RESTORED = 100;

/** How many of the last put-outs a node knows again. More than are under way at once. */
const MOST_KNOWN = 1000;

/** The hash of a site's rooms, and the sorted set of all sites that have some. */
export function madeNames(keys: RedisKeys, site: string): { hash: string; sites: string } {
  return { hash: `${keys.of(site)}made-rooms`, sites: `${keys.prefix}made-room-sites` };
}

export class RedisMadeRooms implements MadeRoomStore {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof MADE_FUNCTIONS>;
  readonly #tell: OnMadeChange;
  /** The pub/sub channel on which nodes hear of changes. */
  readonly #channel: string;
  /** The ids of the last put-outs, the oldest first. The channel brings those of this node to it once more. */
  readonly #known = new Set<string>();

  constructor(storage: RedisStorage, tell: OnMadeChange) {
    const { redis, subscriber, keys, functions } = storage;
    this.#redis = redis;
    this.#keys = keys;
    this.#functions = functions.calls(MADE_FUNCTIONS);
    this.#tell = tell;
    this.#channel = `${keys.prefix}made-room-events`;
    subscriber.on("message", (channel: string, text: string) => {
      if (channel === this.#channel) this.#take(text);
    });
    // The node subscribes before it reads the rooms, so that it misses no change in between.
    storage.beforeRestored(async () => void await subscriber.subscribe(this.#channel));
  }

  async put(key: MadeKey, fields: MadeFields, { most, ifAt }: PutOptions): Promise<PutResult> {
    const { site, pattern } = key;
    const [result, value] = await this.#functions.put(
      this.#stored(site),
      [
        site,
        pattern,
        JSON.stringify(fields),
        Number.isFinite(most) ? most : "",
        ifAt ?? "",
        this.#channel,
      ],
    ) as [PutResult["result"], string];
    if (result === "full" || result === "outdated") return { result };
    const room = readRoom(key, value);
    if (room === undefined) throw new TypeError(`Redis has a room that cannot be read: ${value}`);
    // The room counts here before the caller is told so. The channel brings the same change once more.
    this.#tell({ type: "made", room });
    return { result, room };
  }

  async delete({ site, pattern }: MadeKey): Promise<boolean> {
    const [removed, at] = await this.#functions.delete(
      this.#stored(site),
      [site, pattern, this.#channel],
    ) as [number, string];
    this.#tell({ type: "deleted", key: { site, pattern }, at: Number(at) });
    return removed === 1;
  }

  async list(): Promise<MadeRoom[]> {
    const sites = await this.#redis.zrange(this.#sites, "0", "-1").catch(throwUnavailable);
    const rooms: MadeRoom[] = [];
    for (const site of sites) rooms.push(...await this.#roomsOf(site));
    return rooms;
  }

  async restore(known: readonly MadeRoom[]): Promise<void> {
    for (const [site, rooms] of Map.groupBy(known, ({ site }) => site)) {
      for (let start = 0; start < rooms.length; start += MOST_RESTORED) {
        const args = rooms.slice(start, start + MOST_RESTORED)
          .flatMap((each) => [each.pattern, written(each)]);
        await this.#functions.restore(this.#stored(site), [site, this.#channel, ...args])
          .catch(goOnIfRefusedAlone);
      }
    }
  }

  async putOut(site: string, room: string, user: UserId): Promise<void> {
    const text = ["out", site, room, user, crypto.randomUUID()].join("\n");
    await this.#redis.publish(this.#channel, text).catch(throwUnconfirmed);
    this.#take(text);
  }

  /** Takes what the channel brings, or what this node has published there. */
  #take(text: string): void {
    const change = parseChange(text);
    if (change === undefined) return;
    if (change.type === "out" && this.#isKnown(text)) return;
    this.#tell(change);
  }

  /** Says whether it came before: the user may be back since then, and is not to be put out for it again. */
  #isKnown(text: string): boolean {
    const id = text.split("\n")[4];
    if (id === undefined) return false; // a node of an earlier version told of it
    if (this.#known.has(id)) return true;
    this.#known.add(id);
    for (const oldest of this.#known) {
      if (this.#known.size <= MOST_KNOWN) break;
      this.#known.delete(oldest);
    }
    return false;
  }

  async #roomsOf(site: string): Promise<MadeRoom[]> {
    const fields = await this.#redis.hgetall(this.#hash(site)).catch(throwUnavailable);
    return Object.entries(fields).map(([pattern, value]) => readRoom({ site, pattern }, value))
      .filter((room) => room !== undefined);
  }

  /** The hash of a site's rooms, the set of all sites with rooms, and the set of those that were deleted. */
  #stored(site: string): readonly string[] {
    return [this.#hash(site), this.#sites, `${this.#keys.prefix}made-rooms-gone`];
  }

  #hash(site: string): string {
    return madeNames(this.#keys, site).hash;
  }

  get #sites(): string {
    return madeNames(this.#keys, "").sites;
  }
}

export function written({ at, madeAt, fields }: MadeRoom): string {
  return `${at} ${madeAt} ${JSON.stringify(fields)}`;
}

/** @param value `at made fields`; `undefined` where it is none */
function readRoom(key: MadeKey, value: string): MadeRoom | undefined {
  const [, at, madeAt, text = ""] = /^(\d+) (\d+) (\{.*)$/s.exec(value) ?? [];
  if (at === undefined) return undefined;
  try {
    return { ...key, at: Number(at), madeAt: Number(madeAt), fields: JSON.parse(text) };
  } catch {
    return undefined; // another program has written it
  }
}

/** @param text lines, as `made_put.lua` publishes them; neither a site nor a name holds a line break */
function parseChange(text: string): MadeChange | undefined {
  const [type, site = "", name = "", last = ""] = text.split("\n");
  switch (type) {
    case "made": {
      const room = readRoom({ site, pattern: name }, last);
      return room && { type, room };
    }
    case "deleted":
      return { type, key: { site, pattern: name }, at: Number(last) };
    case "out":
      return { type, site, room: name, user: last };
    default:
      return undefined; // a later version of notifyli has more to say
  }
}

/** Where the keys of one site are broken, what others had is written all the same. */
function goOnIfRefusedAlone(error: unknown): void {
  if (!isRefusedAlone(error)) throw error;
}
