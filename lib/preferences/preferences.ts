/** Users' preferences, and the kinds of notifications that applications set: reads and changes them, and tells who has to know. */
import { CodedError } from "../base/errors.ts";
import type { Fields, UserId } from "../base/fields.ts";
import { nextId } from "../base/ids.ts";
import type { Limits } from "../base/sizes.ts";
import { unixSeconds } from "../base/times.ts";
import type { Node } from "../core/node.ts";
import type { Database } from "../engines/database/database.ts";
import { preferencesChannel } from "./channel.ts";
import type { Change, ChangeFeed } from "./feed.ts";
import { patched, preferencesFields } from "./fields.ts";
import { kindFields } from "./kind_fields.ts";
import type { PreferenceCounters } from "./metrics.ts";
import type { PreferencesConfig } from "./settings.ts";
import {
  find,
  type Kept,
  type Place,
  type Put,
  put,
  type PutOptions,
  readKinds,
  readPreferences,
  remove,
  requireRoomForKind,
} from "./store.ts";
import { type KeptPreferences, type Kind, type Kinds, NO_PREFERENCES } from "./types.ts";
import { keptOnWire, kindOnWire, preferencesOnWire } from "./wire.ts";

/** How often a change begins anew where others change the same. */
const MOST_TRIES = 10;

/** Who changes something. */
export interface Changer {
  readonly site: string;
  readonly user: UserId;
  /** The connection that asks, which is not told of its own change. */
  readonly client?: string;
}

/** A kind with its version. */
export interface KeptKind {
  readonly kind: Kind;
  readonly version: number;
}

export interface PreferencesParts {
  readonly node: Node;
  readonly database: Database;
  readonly feed: ChangeFeed;
  readonly config: PreferencesConfig;
  readonly limits: Limits;
  readonly counters: PreferenceCounters;
  /** Milliseconds of Unix time. */
  now(): number;
}

export class Preferences {
  readonly #parts: PreferencesParts;

  constructor(parts: PreferencesParts) {
    this.#parts = parts;
  }

  /** What the user has chosen; nothing where the user has no preferences. */
  async read(site: string, user: UserId): Promise<KeptPreferences> {
    const kept = await this.#find({ table: "preferences", site, name: user });
    if (kept === undefined) return { preferences: NO_PREFERENCES, version: 0 };
    return { preferences: preferencesFields(kept.body), version: kept.version };
  }

  /** What the user has chosen, as answers show it, with what comes of it. */
  async show(site: string, user: UserId): Promise<Fields> {
    return await this.shown(site, await this.read(site, user));
  }

  /** As {@linkcode Preferences.show}, of several users. Whose preferences cannot be read is left out. */
  async showSome(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, Fields>> {
    const { database, now } = this.#parts;
    const [kinds, found] = await Promise.all([
      this.kindsOf(site),
      readPreferences(database, site, users),
    ]);
    const at = now();
    const shown = new Map<UserId, Fields>();
    for (const user of users) {
      const { body = {}, version = 0 } = found.get(user) ?? {};
      try {
        shown.set(user, keptOnWire({ preferences: preferencesFields(body), version }, kinds, at));
      } catch {
        // `known_preferences.ts` says why, where they count.
      }
    }
    return shown;
  }

  /** As {@linkcode Preferences.show}, of what was just read or changed. */
  async shown(site: string, kept: KeptPreferences): Promise<Fields> {
    return keptOnWire(kept, await this.kindsOf(site), this.#parts.now());
  }

  /**
   * Sets all that the user chooses, and tells the user's other devices. Rejects with `conflict` where the preferences have another
   * version than `ifVersion`, and with `too_many_kinds` where there are too many choices.
   *
   * @param ifVersion 0: the user has to have none
   */
  async set(changer: Changer, fields: Fields, ifVersion?: number): Promise<KeptPreferences> {
    return await this.#change(changer, { change: () => fields, ifVersion });
  }

  /** Changes what is named of it (RFC 7396): two devices that change different things at once both succeed. */
  async change(changer: Changer, change: Fields, ifVersion?: number): Promise<KeptPreferences> {
    return await this.#change(changer, {
      change: (before) => patched(before, change),
      ifVersion,
    });
  }

  /** Forgets what the user has chosen. Says whether there was something. */
  async erase(site: string, user: UserId): Promise<boolean> {
    const place: Place = { table: "preferences", site, name: user };
    const wasThere = await this.#parts.database.transaction(() => remove(place), keyOf(place));
    if (wasThere) await this.#tellNodes({ site, user });
    return wasThere;
  }

  /** All that the application has set for kinds, by their names. */
  async kindsOf(site: string): Promise<Kinds> {
    return new Map((await this.listKinds(site)).map(({ kind }) => [kind.kind, kind]));
  }

  async listKinds(site: string): Promise<readonly KeptKind[]> {
    const { database, limits } = this.#parts;
    return [...await readKinds(database, site)].map(([name, { body, version }]) => ({
      kind: kindFields(name, body, limits),
      version,
    }));
  }

  async findKind(site: string, name: string): Promise<KeptKind | undefined> {
    const kept = await this.#find({ table: "kinds", site, name });
    return kept && { kind: kindFields(name, kept.body, this.#parts.limits), version: kept.version };
  }

  /** Sets a kind, from when on that counts on all nodes. Rejects as {@linkcode Preferences.set} does. */
  async setKind(
    site: string,
    kind: Kind,
    ifVersion?: number,
  ): Promise<KeptKind & { readonly isNew: boolean }> {
    const body = kindOnWire(kind);
    const { before, after } = await this.#put(
      { table: "kinds", site, name: kind.kind },
      { change: () => body, ifVersion },
    );
    await this.#tellNodes({ site });
    return { kind, version: after.version, isNew: before === undefined };
  }

  /** Forgets what was set for a kind. Says whether there was something. */
  async deleteKind(site: string, kind: string): Promise<boolean> {
    const place: Place = { table: "kinds", site, name: kind };
    const wasThere = await this.#parts.database.transaction(() => remove(place), keyOf(place));
    await this.#tellNodes({ site });
    return wasThere;
  }

  async #change(
    changer: Changer,
    { change, ifVersion }: Pick<PutOptions, "change" | "ifVersion">,
  ): Promise<KeptPreferences> {
    const { site, user } = changer;
    const { before, after } = await this.#put({ table: "preferences", site, name: user }, {
      change: (before) => preferencesOnWire(this.#checked(preferencesFields(change(before)))),
      ifVersion,
    });
    const kept = { preferences: preferencesFields(after.body), version: after.version };
    if (JSON.stringify(before?.body) !== JSON.stringify(after.body)) {
      this.#parts.counters.changes.value++;
    }
    await this.#tellNodes({ site, user });
    await this.#tellDevices(changer, kept);
    return kept;
  }

  #checked(preferences: KeptPreferences["preferences"]): KeptPreferences["preferences"] {
    const { choices } = this.#parts.config;
    const count = preferences.kinds.size + preferences.topics.size;
    if (count <= choices) return preferences;
    throw new CodedError(
      "too_many_kinds",
      `Cannot set these preferences: they choose for ${count} kinds and topics, the limit is ${choices}`,
      { field: preferences.topics.size > preferences.kinds.size ? "topics" : "kinds" },
    );
  }

  async #find(place: Place): Promise<Kept | undefined> {
    return await this.#parts.database.transaction(() => find(place));
  }

  async #put(place: Place, options: Pick<PutOptions, "change" | "ifVersion">): Promise<Put> {
    const { database, config, now } = this.#parts;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const done = await database.transaction(function* () {
        if (place.table === "kinds") {
          yield* requireRoomForKind(place.site, place.name, config.kinds);
        }
        return yield* put(place, { ...options, now: now() });
      }, keyOf(place));
      if (done !== undefined) return done;
    }
    throw new CodedError("unavailable", "Others change the same right now: try again");
  }

  /** The change is kept. A node that cannot be told now is told later, and hears nothing else of this Redis meanwhile, either. */
  async #tellNodes(change: Change): Promise<void> {
    const { node, feed } = this.#parts;
    try {
      await feed.tell(change);
    } catch (error) {
      node.noteIncomplete("telling nodes of changed preferences", error);
    }
  }

  /** The change is kept: a device that cannot be told now reads it when it comes back. */
  async #tellDevices({ site, user, client }: Changer, kept: KeptPreferences): Promise<void> {
    const { node } = this.#parts;
    const from = client === undefined ? {} : { from: { user, client } };
    try {
      const data = await this.shown(site, kept);
      const publication = { kind: "preferences_changed", id: nextId(), at: unixSeconds() };
      await node.publish(preferencesChannel(site, user), { ...publication, ...from, data });
    } catch (error) {
      node.logFailure("telling devices of changed preferences", error);
    }
  }
}

/** The works on one thing run one after the other. */
function keyOf({ table, site, name }: Place): string {
  return `${table} ${site}\n${name}`;
}
