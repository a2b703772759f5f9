/** Keeps in Redis which users are online on any node. What a dead node had is taken out as its lease ends. */
import type { Redis } from "ioredis";
import type { UserId } from "../base/fields.ts";
import { throwUnavailable, throwUnconfirmed } from "../engines/redis/errors.ts";
import type { Calls } from "../engines/redis/functions.ts";
import type { RedisKeys } from "../engines/redis/keys.ts";
import type { Lease } from "../engines/redis/lease.ts";
import type { RedisStorage } from "../engines/storage.ts";
import type { Asked } from "./asked.ts";
import { ONLINE_FUNCTIONS } from "./functions.ts";
import type { Due, Note, OnlineStore, OnlineUser, Part, Parts } from "./online_store.ts";
import { OnlineKeys } from "./redis_keys.ts";

/** What the entries of a lease begin with that are users. */
const MARK = "\nonline";

/** How long Redis keeps when a user was there last. */
const LAST_SEEN_SECONDS = 30 * 24 * 3600;

/** More nodes than there are. */
const MOST_NODES = 10_000;

/** Most users who are read in one call. */
const READ_AT_ONCE = 200;

export class RedisOnline implements OnlineStore {
  readonly #keys: RedisKeys;
  readonly #names: OnlineKeys;
  readonly #lease: Lease;
  readonly #functions: Calls<typeof ONLINE_FUNCTIONS>;

  /** @param graceMs how long users of a node that died may take to come back at another one */
  constructor({ keys, lease, functions }: RedisStorage, graceMs: number) {
    this.#keys = keys;
    this.#names = new OnlineKeys(keys);
    this.#lease = lease;
    this.#functions = functions.calls(ONLINE_FUNCTIONS);
    lease.sweepBy(async (lease, entry) => {
      await this.#remove(read(entry.slice(MARK.length + 1)), lease, graceMs);
      return false; // this is no presence in a room
    }, MARK);
  }

  get era(): string {
    return this.#lease.id;
  }

  async set({ site, user }: OnlineUser, part: Part, note: Note | undefined): Promise<boolean> {
    const lease = this.#lease.id;
    const name = written({ site, user });
    const { streams = [], fields = [] } = note?.entry ?? {};
    const set = await this.#functions.onlineSet(
      [...this.#namesOf({ site, user }, lease), ...streams],
      [lease, name, `${MARK}\n${name}`, JSON.stringify(part), ...fields],
    );
    return set === 1;
  }

  /** Where the lease is another one by now, the older one's sweep takes the user out of it. */
  remove(user: OnlineUser, graceMs: number): Promise<void> {
    return this.#remove(user, this.#lease.id, graceMs);
  }

  async due(limit: number): Promise<Due> {
    const { offline, fewer } = this.#names;
    const [gone, less] = await this.#functions.onlineDue([offline, fewer], [limit]) as string[][];
    return { users: gone?.map(read) ?? [], fewer: less?.map(read) ?? [] };
  }

  async end({ site, user }: OnlineUser, note: Note | undefined): Promise<number | undefined> {
    const { streams = [], fields = [] } = note?.entry ?? {};
    const { offline, fewer } = this.#names;
    const goneAt = await this.#functions.onlineEnd(
      [offline, this.#names.parts(site, user), fewer, ...streams],
      [written({ site, user }), LAST_SEEN_SECONDS, ...fields],
    );
    return goneAt === null ? undefined : Number(goneAt);
  }

  async forget({ site, user }: OnlineUser): Promise<void> {
    await this.#functions.onlineForget(
      [this.#names.parts(site, user), this.#names.fewer],
      [written({ site, user })],
    );
  }

  async erase({ site, user }: OnlineUser): Promise<boolean> {
    const names = this.#names;
    const known = await this.#functions.onlineErase(
      [names.online(site, user), names.offline, names.parts(site, user)],
      [written({ site, user })],
    );
    return known === 1;
  }

  async read(site: string, users: readonly UserId[]): Promise<Parts[]> {
    const pages = Array.from(
      { length: Math.ceil(users.length / READ_AT_ONCE) },
      (_, page) => this.#read(site, users.slice(page * READ_AT_ONCE, (page + 1) * READ_AT_ONCE)),
    );
    return (await Promise.all(pages)).flat();
  }

  async #read(site: string, users: readonly UserId[]): Promise<Parts[]> {
    const [now, ...found] = await this.#functions.onlineRead(
      [
        this.#names.offline,
        ...users.flatMap((user) => [
          this.#names.online(site, user),
          this.#names.parts(site, user),
        ]),
      ],
      users.map((user) => written({ site, user })),
    ) as [string, ...[leases: string[], isDue: number, fields: string[]][]];
    return found.map(([leases, isDue, fields]) =>
      partsOf({ now: Number(now), leases, isDue: isDue === 1, fields })
    );
  }

  async #remove(user: OnlineUser, lease: string, graceMs: number): Promise<void> {
    const name = written(user);
    await this.#functions.onlineRemove(
      this.#namesOf(user, lease),
      [lease, name, `${MARK}\n${name}`, Math.round(graceMs)],
    );
  }

  #namesOf({ site, user }: OnlineUser, lease: string): string[] {
    return [
      this.#names.online(site, user),
      this.#names.offline,
      this.#keys.lease(lease),
      this.#names.parts(site, user),
      this.#names.fewer,
    ];
  }
}

/** All nodes hear on a channel that somebody asks, and say in a set when they follow. */
export class RedisAsked implements Asked {
  readonly #redis: Redis;
  readonly #names: OnlineKeys;
  readonly #leases: string;
  readonly #lease: Lease;

  /** @param onAsked is called when somebody has asked, here or at another node */
  constructor(storage: RedisStorage, onAsked: () => void) {
    const { redis, subscriber, keys, lease } = storage;
    this.#redis = redis;
    this.#names = new OnlineKeys(keys);
    this.#leases = keys.leases;
    this.#lease = lease;
    const { calls } = this.#names;
    subscriber.on("message", (channel: string) => {
      if (channel === calls) onAsked();
    });
    storage.beforeRestored(async () => void await subscriber.subscribe(calls));
  }

  async wasAsked(): Promise<boolean> {
    return await this.#redis.exists(this.#names.asked).catch(throwUnavailable) === 1;
  }

  async ask(): Promise<void> {
    await this.#redis.multi().set(this.#names.asked, Date.now()).publish(this.#names.calls, "")
      .exec().catch(throwUnconfirmed);
  }

  async follows(): Promise<void> {
    await this.#redis.multi().set(this.#names.asked, Date.now(), "NX")
      .sadd(this.#names.nodes, this.#lease.id).exec().catch(throwUnconfirmed);
  }

  async allFollow(): Promise<boolean> {
    const [seconds = 0] = await this.#redis.time().catch(throwUnavailable); // leases end by the clock of Redis
    const [leases, nodes] = await Promise.all([
      this.#redis.zrangebyscore(this.#leases, seconds * 1000, "+inf"),
      this.#redis.srandmember(this.#names.nodes, MOST_NODES),
    ]).catch(throwUnavailable);
    const ended = nodes.filter((node) => !leases.includes(node));
    if (ended.length > 0) await this.#redis.srem(this.#names.nodes, ...ended).catch(() => {});
    return leases.every((lease) => nodes.includes(lease));
  }
}

interface Found {
  readonly now: number;
  readonly leases: readonly string[];
  readonly isDue: boolean;
  /** Leases, and what their nodes know with when that counts no more, in turn. */
  readonly fields: readonly string[];
}

/** What counts of what was found: of nodes that have the user, and of those that had the user a moment ago. */
function partsOf({ now, leases, isDue, fields }: Found): Parts {
  const parts: Part[] = [];
  let goneAt: number | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [lease = "", value = ""] = fields.slice(at, at + 2);
    if (lease === "gone") goneAt = Number(value);
    const [, ends, json] = /^(\d+) (.*)$/s.exec(value) ?? [];
    if (json === undefined) continue;
    if (leases.includes(lease) || isDue || Number(ends) > now) parts.push(JSON.parse(json));
  }
  const isOnline = leases.length > 0 || isDue;
  return isOnline ? { isOnline, parts } : { isOnline, parts: [], lastSeen: goneAt };
}

/** Neither part holds a line break. */
function written({ site, user }: OnlineUser): string {
  return `${site}\n${user}`;
}

function read(text: string): OnlineUser {
  const [site = "", user = ""] = text.split("\n");
  return { site, user };
}
