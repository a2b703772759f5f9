/** Keeps in Redis which users are online on any node. What a dead node had is taken out as its lease ends. */
import type { Calls } from "../../engines/redis/functions.ts";
import type { Lease } from "../../engines/redis/lease.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { EVENT_FUNCTIONS } from "./functions.ts";
import type { OnlineStore, OnlineUser, UserEvent } from "./online_store.ts";
import { EventKeys } from "./redis_keys.ts";
import { fieldsOf } from "./redis_log.ts";

/** What the entries of a lease begin with that are users. */
const MARK = "\nonline";

export class RedisOnline implements OnlineStore {
  readonly #keys: RedisKeys;
  readonly #names: EventKeys;
  readonly #lease: Lease;
  readonly #functions: Calls<typeof EVENT_FUNCTIONS>;
  readonly #graceMs: number;

  /** @param graceMs how long after the last connection a user is offline */
  constructor({ keys, lease, functions }: RedisStorage, graceMs: number) {
    this.#keys = keys;
    this.#names = new EventKeys(keys);
    this.#lease = lease;
    this.#functions = functions.calls(EVENT_FUNCTIONS);
    this.#graceMs = graceMs;
    lease.sweepBy(async (lease, entry) => {
      const { site, user } = read(entry.slice(MARK.length + 1));
      await this.#remove({ site, user }, lease);
      return false; // this is no presence in a room
    }, MARK);
  }

  get era(): string {
    return this.#lease.id;
  }

  async add(user: OnlineUser, { event, logs }: UserEvent): Promise<boolean> {
    const lease = this.#lease.id;
    const added = await this.#functions.onlineAdd(
      [
        this.#names.online(user.site, user.user),
        this.#names.offline,
        this.#keys.lease(lease),
        ...logs.map((log) => this.#names.stream(log)),
      ],
      [lease, written(user), `${MARK}\n${written(user)}`, ...fieldsOf(event)],
    );
    return added === 1;
  }

  /** Where the lease is another one by now, the older one's sweep takes the user out of it. */
  remove(user: OnlineUser): Promise<void> {
    return this.#remove(user, this.#lease.id);
  }

  async due(limit: number): Promise<OnlineUser[]> {
    const users = await this.#functions.onlineDue([this.#names.offline], [limit]) as string[];
    return users.map(read);
  }

  async end(user: OnlineUser, { event, logs }: UserEvent): Promise<boolean> {
    const ended = await this.#functions.onlineEnd(
      [this.#names.offline, ...logs.map((log) => this.#names.stream(log))],
      [written(user), ...fieldsOf(event)],
    );
    return ended === 1;
  }

  async #remove(user: OnlineUser, lease: string): Promise<void> {
    await this.#functions.onlineRemove(
      [
        this.#names.online(user.site, user.user),
        this.#names.offline,
        this.#keys.lease(lease),
      ],
      [lease, written(user), `${MARK}\n${written(user)}`, this.#graceMs],
    );
  }
}

/** Neither part holds a line break. */
function written({ site, user }: OnlineUser): string {
  return `${site}\n${user}`;
}

function read(text: string): OnlineUser {
  const [site = "", user = ""] = text.split("\n");
  return { site, user };
}
