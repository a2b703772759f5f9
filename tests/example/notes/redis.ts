/** Notes in Redis: a list for each user. */
import type { Redis } from "ioredis";
import type { UserId } from "../../../lib/base/fields.ts";
import { throwUnavailable } from "../../../lib/engines/redis/errors.ts";
import type { Calls } from "../../../lib/engines/redis/functions.ts";
import type { RedisStorage } from "../../../lib/engines/storage.ts";
import { NOTE_FUNCTIONS } from "./functions.ts";
import type { Note, NoteStore } from "./store.ts";

export class RedisNotes implements NoteStore {
  readonly #redis: Redis;
  readonly #functions: Calls<typeof NOTE_FUNCTIONS>;
  readonly #limit: number;
  readonly #nameOf: (site: string, user: UserId) => string;

  constructor({ redis, keys, functions }: RedisStorage, limit: number) {
    this.#redis = redis;
    this.#functions = functions.calls(NOTE_FUNCTIONS);
    this.#limit = limit;
    this.#nameOf = (site, user) => `${keys.of(site)}notes:{${user}}`;
  }

  async add({ site, user, id, message }: Note): Promise<boolean> {
    const limit = Number.isFinite(this.#limit) ? this.#limit : 0;
    const note = JSON.stringify({ id, message });
    return await this.#functions.add([this.#nameOf(site, user)], [limit, note]) === 1;
  }

  async list(site: string, user: UserId): Promise<{ id: string; message: string }[]> {
    const notes = await this.#redis.lrange(this.#nameOf(site, user), 0, -1).catch(throwUnavailable);
    return notes.map((note) => JSON.parse(note));
  }
}
