/**
 * What a node knows of preferences and kinds. It reads what it does not know from the database, those of many users in one
 * question, and keeps it until it is told of a change (`feed.ts`).
 */
import { logFor } from "../base/log.ts";
import { pause } from "../base/clock.ts";
import type { UserId } from "../base/fields.ts";
import { reasonOf } from "../base/reason.ts";
import type { Limits } from "../base/sizes.ts";
import type { Database } from "../engines/database/database.ts";
import type { Change, FeedListener } from "./feed.ts";
import { preferencesFields } from "./fields.ts";
import { kindFields } from "./kind_fields.ts";
import type { PreferenceCounters } from "./metrics.ts";
import { NOWHERE, type Reach, readReach } from "./reach.ts";
import { Recent } from "./recent.ts";
import { type Kept, readKinds, readPreferences, readWhatIsThere } from "./store.ts";
import type { Kinds, Preferences } from "./types.ts";

const log = logFor("preferences");

/** What counts for a notification of one user. */
export interface UserView {
  /** Absent where the user has none. */
  readonly preferences: Preferences | undefined;
  readonly kinds: Kinds;
  /** By which ways the user can be reached beside the inbox. */
  readonly reach: Reach;
  /** Whether the database could not be read, so that nothing is known. */
  readonly isUnknown?: true;
}

/** What counts where nothing is known. */
const UNKNOWN: UserView = {
  preferences: undefined,
  kinds: new Map(),
  reach: NOWHERE,
  isUnknown: true,
};

/** A site, with whether anybody there has preferences or devices: else nobody's are looked for. */
interface KnownSite {
  readonly kinds: Kinds;
  readonly hasPreferences: boolean;
  readonly hasReach: boolean;
  /** The view of who has neither. */
  readonly plain: UserView;
  /** By `performance.now()`. */
  readonly until: number;
}

interface KnownUser {
  readonly preferences: Preferences | undefined;
  readonly reach: Reach;
  readonly until: number;
}

/** Users of one site who are being read. */
interface Reading {
  readonly users: Set<UserId>;
  readonly done: Promise<ReadonlyMap<UserId, UserView>>;
  hasBegun: boolean;
  /** Those who have changed since it began, and whether kinds have: what was read of these is not kept. */
  readonly changed: Set<UserId>;
  isSiteChanged: boolean;
}

/** Characters of the preferences that are kept, in one of two generations, and what an entry counts beside its own. */
const MOST_CHARACTERS = 16 * 1024 * 1024;
const ENTRY_CHARACTERS = 200;

/** Characters of the kinds that are kept. */
const MOST_KIND_CHARACTERS = 4 * 1024 * 1024;

/** How long anything is kept: a node that dies just as it has changed something may have told nobody. */
const KEPT_MS = 5 * 60_000;

/** How long a notification waits for the database, and how long it is not asked again after that. */
const WAIT_MS = 1000;
const AWAY_MS = 1000;

interface KnownParts {
  readonly database: Database;
  readonly limits: Limits;
  readonly counters: PreferenceCounters;
}

export class KnownPreferences implements FeedListener {
  readonly #parts: KnownParts;
  readonly #sites = new Recent<KnownSite>(MOST_KIND_CHARACTERS);
  readonly #users = new Recent<KnownUser>(MOST_CHARACTERS);
  readonly #readings = new Map<string, Set<Reading>>();
  /** Whether this node is told of all changes, so that what it has read may be kept. */
  #isHearing = false;
  /** Until when the database is not asked, by `performance.now()`. */
  #awayUntil = 0;
  #isAwayLogged = false;

  constructor(parts: KnownParts) {
    this.#parts = parts;
  }

  /** What counts for a user. It is no promise where it is known. */
  of(site: string, user: UserId): UserView | Promise<UserView> {
    const now = performance.now();
    const known = this.#sites.get(site);
    if (known !== undefined && known.until > now) {
      if (!known.hasPreferences && !known.hasReach) return known.plain;
      const own = this.#users.get(keyOf(site, user));
      if (own !== undefined && own.until > now) {
        return viewOf(own, known);
      }
    }
    if (now < this.#awayUntil) return UNKNOWN;
    return this.#inTime(this.#read(site, user));
  }

  changed({ site, user, isReach }: Change): void {
    for (const reading of this.#readings.get(site) ?? []) {
      if (user === undefined) reading.isSiteChanged = true;
      else reading.changed.add(user);
    }
    if (user === undefined) return this.#sites.delete(site);
    this.#users.delete(keyOf(site, user));
    // Where nobody had any, somebody has now.
    const { hasPreferences, hasReach } = this.#sites.get(site) ?? {};
    if ((isReach ? hasReach : hasPreferences) === false) this.#sites.delete(site);
  }

  deaf(): void {
    this.#isHearing = false;
    this.#sites.clear();
    this.#users.clear();
    this.#doubtReadings();
  }

  hearing(): void {
    this.#isHearing = true;
    this.#doubtReadings(); // they began while changes were missed
  }

  /** Whatever is being read may have changed: it is not kept. */
  #doubtReadings(): void {
    for (const reading of [...this.#readings.values()].flatMap((each) => [...each])) {
      reading.isSiteChanged = true;
      for (const user of reading.users) reading.changed.add(user);
    }
  }

  /** Nobody waits long for a database that is slow: what comes then comes as if there were no preferences. */
  async #inTime(view: Promise<UserView>): Promise<UserView> {
    const decided = new AbortController();
    try {
      const late = pause(WAIT_MS, decided.signal).then(() => undefined);
      const found = await Promise.race([view, late]);
      if (found === undefined) return this.#away("it took too long");
      this.#isAwayLogged = false;
      return found;
    } catch (error) {
      return this.#away(reasonOf(error));
    } finally {
      decided.abort();
    }
  }

  #away(reason: string): UserView {
    this.#awayUntil = performance.now() + AWAY_MS;
    if (!this.#isAwayLogged) {
      log.warn("Notifications come as if nobody had preferences, which cannot be read: {reason}", {
        reason,
      });
    }
    this.#isAwayLogged = true;
    return UNKNOWN;
  }

  /** Reads a user together with all others of the site who are asked for in the same moment. */
  async #read(site: string, user: UserId): Promise<UserView> {
    const readings = this.#readings.get(site) ?? new Set();
    this.#readings.set(site, readings);
    const going = [...readings].find((each) =>
      !each.hasBegun ||
      each.users.has(user) && !each.changed.has(user) && !each.isSiteChanged
    );
    const reading = going ?? this.#begin(site, readings);
    reading.users.add(user);
    return (await reading.done).get(user) ?? UNKNOWN;
  }

  #begin(site: string, readings: Set<Reading>): Reading {
    const reading: Reading = {
      ...{ users: new Set(), changed: new Set(), hasBegun: false, isSiteChanged: false },
      done: Promise.resolve().then(() => {
        reading.hasBegun = true;
        return this.#readNow(site, reading);
      }).finally(() => {
        readings.delete(reading);
        if (readings.size === 0) this.#readings.delete(site);
      }),
    };
    readings.add(reading);
    return reading;
  }

  async #readNow(site: string, reading: Reading): Promise<ReadonlyMap<UserId, UserView>> {
    const { database, counters } = this.#parts;
    const known = this.#sites.get(site);
    const now = performance.now();
    const isKnown = known !== undefined && known.until > now;
    const knowing = isKnown ? Promise.resolve(known) : this.#readSite(site, reading, now);
    const [own, found, reached] = await Promise.all([
      knowing,
      isKnown && !known.hasPreferences ? NOBODY : readPreferences(database, site, reading.users),
      // On most sites nobody has a device, which is known by then.
      knowing.then(({ hasReach }) =>
        hasReach ? readReach(database, site, reading.users) : UNREACHED
      ),
    ]);
    counters.reads.value += reading.users.size;
    return new Map([...reading.users].map((user) => {
      const kept = found.get(user);
      const preferences = kept && readable({ site, user }, kept);
      const reach = reached.get(user) ?? NOWHERE;
      this.#keepUser(site, user, { preferences, reach, until: now + KEPT_MS }, { reading, kept });
      return [user, viewOf({ preferences, reach }, own)];
    }));
  }

  #keepUser(
    site: string,
    user: UserId,
    known: KnownUser,
    { reading, kept }: { reading: Reading; kept: Kept | undefined },
  ): void {
    if (!this.#isHearing || reading.changed.has(user)) return;
    const characters = kept === undefined ? 0 : JSON.stringify(kept.body).length;
    this.#users.set(keyOf(site, user), known, characters + ENTRY_CHARACTERS);
  }

  async #readSite(site: string, reading: Reading, now: number): Promise<KnownSite> {
    const { database, limits } = this.#parts;
    const [stored, there] = await Promise.all([
      readKinds(database, site),
      readWhatIsThere(database, site),
    ]);
    const { hasPreferences, hasReach } = there;
    const kinds: Kinds = new Map(
      [...stored].map(([kind, { body }]) => [kind, kindFields(kind, body, limits)]),
    );
    const plain = { preferences: undefined, kinds, reach: NOWHERE };
    const known = { kinds, ...there, plain, until: now + KEPT_MS };
    // Somebody may have the first preferences or the first device of the site meanwhile.
    const isEach = hasPreferences && hasReach;
    if (this.#isHearing && !reading.isSiteChanged && (isEach || reading.changed.size === 0)) {
      const characters = [...stored.values()].map(({ body }) => JSON.stringify(body).length)
        .reduce((sum, each) => sum + each + ENTRY_CHARACTERS, ENTRY_CHARACTERS);
      this.#sites.set(site, known, characters);
    }
    return known;
  }
}

/** What is kept is good, but for a zone that the calendar of another machine knows: a user's does not hold up the others'. */
function readable({ site, user }: Change, { body }: Kept): Preferences | undefined {
  try {
    return preferencesFields(body);
  } catch (error) {
    log.warn("the preferences of user {user} of site {site} count for nothing: {reason}", {
      ...{ site, user, reason: reasonOf(error) },
    });
    return undefined;
  }
}

function viewOf(
  { preferences, reach }: Pick<KnownUser, "preferences" | "reach">,
  { kinds, plain }: KnownSite,
): UserView {
  return preferences === undefined && reach === NOWHERE ? plain : { preferences, kinds, reach };
}

const NOBODY: ReadonlyMap<UserId, Kept> = new Map();
const UNREACHED: ReadonlyMap<UserId, Reach> = new Map();

function keyOf(site: string, user: UserId): string {
  return `${site}\n${user}`;
}
