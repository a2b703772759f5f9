/** The scheduled notifications in Redis that their inboxes did not take, which `schedule_release.lua` keeps aside. */
import { throwUnavailable, throwUnconfirmed } from "../../engines/redis/errors.ts";
import { ENTRY_ID, lastEntries, type StreamEntry } from "../../engines/redis/last_entries.ts";
import { isScheduled } from "./redis_keys.ts";
import type { InboxParts } from "./redis_parts.ts";
import { scheduledIn } from "./redis_reading.ts";
import type { KeptAside, RefusedStore } from "./store.ts";

export class RedisRefused implements RefusedStore {
  readonly #parts: Pick<InboxParts, "redis" | "keys">;

  constructor(parts: Pick<InboxParts, "redis" | "keys">) {
    this.#parts = parts;
  }

  async list(limit: number, before?: string): Promise<KeptAside[]> {
    if (before !== undefined && !ENTRY_ID.test(before)) return [];
    const { redis, keys } = this.#parts;
    const meant = { limit, before, isMeant: ([, values]: StreamEntry) => isScheduled(values) };
    return (await lastEntries(redis, keys.refused, meant)).map(keptAside);
  }

  async find(place: string): Promise<KeptAside | undefined> {
    if (!ENTRY_ID.test(place)) return undefined;
    const { redis, keys } = this.#parts;
    const [entry] = await redis.xrange(keys.refused, place, place).catch(throwUnavailable);
    return entry !== undefined && isScheduled(entry[1]) ? keptAside(entry) : undefined;
  }

  async remove(place: string): Promise<void> {
    if (await this.find(place) === undefined) return;
    const { redis, keys } = this.#parts;
    await redis.xdel(keys.refused, place).catch(throwUnconfirmed);
  }
}

function keptAside([place, values]: StreamEntry): KeptAside {
  const valueOf = (name: string) => values[values.indexOf(name) + 1] ?? "";
  return {
    place,
    at: Number(place.split("-")[0]),
    reason: values[1] ?? "",
    site: valueOf("site"),
    user: valueOf("user_id"),
    id: values[3] ?? "",
    kept: keptIn(values.at(-1) ?? ""),
  };
}

/** What cannot be read may be why the notification was refused. */
function keptIn(stored: string): KeptAside["kept"] {
  try {
    return scheduledIn(stored);
  } catch {
    return undefined;
  }
}
