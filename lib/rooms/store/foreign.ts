/**
 * Looks for what others left in the connection hashes, and says in the log what to delete: entries with no client of a node
 * behind them. They are counted nowhere, shown to nobody and left alone.
 */
import { logFor } from "../../base/log.ts";
import type { Redis } from "ioredis";
import { reasonOf } from "../../base/reason.ts";
import type { Calls } from "../../engines/redis/functions.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { RedisStorage } from "../../engines/storage.ts";
import { clientsKey, roomKeys, userOfField } from "./connections.ts";
import type { PRESENCE_FUNCTIONS } from "./functions.ts";

const log = logFor("rooms");

/** Most rooms that are told of in a line of their own. A server that left entries in more rooms left them in all. */
const MAX_ROOMS = 100;
/** Most fields that are named for one room. */
const MAX_NAMED = 20;
/** Entries of a hash that are looked at in one step. */
const SLICE = 200;

/** Entries of one room's hash that no node wrote. */
interface Found {
  readonly named: readonly string[];
  readonly count: number;
  /** How many entries the hash has. */
  readonly entries: number;
}

export class ForeignEntries {
  readonly #redis: Redis;
  readonly #keys: RedisKeys;
  readonly #functions: Calls<typeof PRESENCE_FUNCTIONS>;
  /** The connection hashes that were looked at. Bounded by `MAX_ROOMS`. */
  readonly #looked = new Set<string>();

  constructor(
    { redis, keys }: Pick<RedisStorage, "redis" | "keys">,
    functions: Calls<typeof PRESENCE_FUNCTIONS>,
  ) {
    this.#redis = redis;
    this.#keys = keys;
    this.#functions = functions;
  }

  /** A room's hash has more entries than nodes wrote: they are looked for in the background, once. */
  note(site: string, room: string): void {
    const { connections } = roomKeys(this.#keys, site, room);
    if (this.#looked.has(connections) || this.#looked.size >= MAX_ROOMS) return;
    this.#looked.add(connections);
    this.#tell(site, room).catch((error) => {
      this.#looked.delete(connections);
      log.debug("what others left in {key} was not read: {reason}", {
        key: connections,
        reason: reasonOf(error),
      });
    });
  }

  async #tell(site: string, room: string): Promise<void> {
    const key = roomKeys(this.#keys, site, room).connections;
    const { named, count, entries } = await this.#look(site, room);
    if (count === 0) return;
    const rest = count > named.length ? ` (and ${count - named.length} more)` : "";
    log.warn(
      "{key} has {count} entries of no living client, which another program left there: they are not counted or shown. " +
        "To delete them: {command}",
      {
        key,
        count,
        command: count === entries
          ? `DEL ${quoted(key)}`
          : `HDEL ${[key, ...named].map(quoted).join(" ")}${rest}`,
      },
    );
    if (this.#looked.size < MAX_ROOMS) return;
    log.warn("there may be more rooms with such entries; they are not named any more");
  }

  async #look(site: string, room: string): Promise<Found> {
    const { connections } = roomKeys(this.#keys, site, room);
    const named: string[] = [];
    let [cursor, count] = ["0", 0];
    do {
      const [next, pairs] = await this.#redis.hscan(connections, cursor, "COUNT", SLICE);
      const fields = pairs.filter((_, index) => index % 2 === 0);
      for (let at = 0; at < fields.length; at += SLICE) {
        const foreign = await this.#sift(site, room, fields.slice(at, at + SLICE));
        count += foreign.length;
        named.push(...foreign.slice(0, MAX_NAMED - named.length));
      }
      cursor = next;
    } while (cursor !== "0");
    return { named, count, entries: await this.#redis.hlen(connections) };
  }

  /** Those of the fields that no node wrote. */
  async #sift(site: string, room: string, fields: readonly string[]): Promise<string[]> {
    const { connections, present, plain } = roomKeys(this.#keys, site, room);
    const users = fields.map((field) => userOfField(field) ?? "");
    const clients = users.map((user) => clientsKey(this.#keys, { site, room, user }));
    const keys = [connections, present, plain, ...clients];
    return await this.#functions.sift(keys, [...fields, ...users]) as string[];
  }
}

/** A word as `redis-cli` reads it. */
function quoted(word: string): string {
  return /^[\w:/.@-]+$/.test(word) ? word : JSON.stringify(word);
}
