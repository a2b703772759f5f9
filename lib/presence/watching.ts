/**
 * Which connections of this node watch the presence of which users, and what each of them is told. All nodes hear that
 * somebody's presence may have changed, and read it anew where it is watched: so what is told last is what is true, in
 * whatever order the news came.
 */
import { nextTurn } from "../base/clock.ts";
import type { UserId } from "../base/fields.ts";
import type { Connection } from "../core/connection.ts";
import { Outgoing } from "../core/outgoing.ts";
import type { OnlineUser } from "./online_store.ts";
import type { Presence } from "./part.ts";
import type { Right } from "./rights.ts";
import { NOBODY, presenceOnWire, userOnWire } from "./wire.ts";

/** Most users whose presence is read at once. */
const AT_ONCE = 500;

export interface WatchingParts {
  read(site: string, users: readonly UserId[]): Promise<ReadonlyMap<UserId, Presence>>;
  rightsOf(
    site: string,
    viewer: UserId,
    users: readonly UserId[],
  ): Promise<ReadonlyMap<UserId, Right>>;
  /** Runs what nobody waits for; a failure is made good once the stores are back. */
  runInBackground(work: () => Promise<void>): void;
  /** Counts what is told. */
  readonly told: { value: number };
}

/** Users of whom what they see of others has changed, or what others see of them. */
export interface RightsChange {
  readonly users: readonly UserId[];
  /** Only what is between the users and these; absent where it is between them and everybody. */
  readonly others?: readonly UserId[];
}

/** One user as one connection watches this one. */
interface View {
  right: Right | undefined;
  /** Which reading `right` is from. One that began earlier may end later, and knows less. */
  reading: number;
  /** What the connection was told, as JSON; `undefined` while its answer is not on its way. */
  told: string | undefined;
  /** Whether something changed before the answer was on its way. */
  isMissed: boolean;
}

/** What one connection watches, as it was asked for last. */
interface Watcher {
  readonly connection: Connection;
  readonly viewer: UserId;
  readonly views: ReadonlyMap<UserId, View>;
}

/** A user who is watched here. */
interface Seen extends OnlineUser {
  readonly connections: Set<Connection>;
  /** What connections were told last, once for all of them: five hundred texts a connection would be much. */
  texts: string[];
}

export interface Watched {
  /** Those whom the connection may see. */
  readonly users: readonly object[];
  /** What changed since then is told from now on. @param isTold whether the client was given the answer */
  sent(isTold: boolean): void;
}

export class Watching {
  readonly #parts: WatchingParts;
  readonly #watchers = new Map<Connection, Watcher>();
  /** Those whose rights are being read for the first time. */
  readonly #coming = new Set<Watcher>();
  readonly #seen = new Map<string, Seen>();
  /** Users who have to be read anew. */
  readonly #dirty = new Set<Seen>();
  /** Watchers whose rights could not be read, with the users. */
  readonly #unsure = new Map<Watcher, ReadonlySet<UserId>>();
  /** How many readings of rights have begun. */
  #readings = 0;
  #isReading = false;
  /** Until when others may not have written anew yet what the engine lost, on `performance.now()`'s clock. */
  #incompleteUntil = 0;

  constructor(parts: WatchingParts) {
    this.#parts = parts;
  }

  /** How many users are watched here. */
  get users(): number {
    return this.#seen.size;
  }

  /** How many connections here watch somebody. */
  get connections(): number {
    return this.#watchers.size;
  }

  isWatching(connection: Connection): boolean {
    return this.#watchers.has(connection);
  }

  /** From now on the connection watches these users, and no others. Rejects, and changes nothing, where a store is away. */
  async watch(
    connection: Connection,
    viewer: UserId,
    users: readonly UserId[],
  ): Promise<Watched> {
    const { site } = connection;
    const views = new Map(users.map((user): [UserId, View] => [
      user,
      { right: undefined, reading: 0, told: undefined, isMissed: false },
    ]));
    const watcher: Watcher = { connection, viewer, views };
    // It is told of changes before it reads, so that none is lost in between.
    this.#coming.add(watcher);
    try {
      const reading = ++this.#readings;
      const rights = await this.#parts.rightsOf(site, viewer, users);
      take(rights, { views, users, reading });
    } finally {
      this.#coming.delete(watcher);
    }
    const before = this.#watchers.get(connection);
    if (!connection.closed) this.#replace(connection, watcher);
    try {
      const visible = users.filter((user) => views.get(user)?.right !== undefined);
      return this.#answer(watcher, await this.#parts.read(site, visible));
    } catch (error) {
      if (this.#isCurrent(watcher)) {
        this.#replace(connection, before);
        // It was told nothing meanwhile.
        if (before !== undefined) {
          this.#parts.runInBackground(() => this.#renew(before, [...before.views.keys()]));
        }
      }
      throw error;
    }
  }

  forget(connection: Connection): void {
    this.#replace(connection, undefined);
  }

  /** The presence of a user may have changed. */
  changed(user: OnlineUser): void {
    const seen = this.#seen.get(keyOf(user));
    if (seen === undefined) return;
    this.#dirty.add(seen);
    this.#readSoon();
  }

  /** The engine has lost what it had: for a while, who seems to be gone may only not be written anew yet. */
  expectMore(ms: number): void {
    this.#incompleteUntil = performance.now() + ms;
  }

  /** All that is watched has to be read anew, and who may see it, too. */
  async refresh(): Promise<void> {
    for (const watcher of [...this.#watchers.values(), ...this.#coming]) {
      await this.#renew(watcher, [...watcher.views.keys()]);
    }
  }

  /** Who may see these users has changed, or whom these users may see: all others, or some. */
  async rightsChanged(site: string, { users, others }: RightsChange): Promise<void> {
    const concerned = new Map<Watcher, Set<UserId>>();
    const renew = (watcher: Watcher, user: UserId) =>
      concerned.set(watcher, (concerned.get(watcher) ?? new Set()).add(user));
    const [some, rest] = [new Set(users), others && new Set(others)];
    const note = (watcher: Watcher) => {
      const { connection, viewer, views } = watcher;
      if (connection.site !== site) return;
      if (some.has(viewer)) { for (const user of rest ?? views.keys()) renew(watcher, user); }
      if (rest === undefined || rest.has(viewer)) {
        for (const user of some) renew(watcher, user);
      }
    };
    this.#watchers.forEach(note);
    this.#coming.forEach(note);
    for (const [watcher, each] of concerned) await this.#renew(watcher, each);
  }

  /** Does again what could not be done before, or not be told yet. */
  async retry(): Promise<void> {
    const unsure = [...this.#unsure];
    this.#unsure.clear();
    for (const [watcher, users] of unsure) await this.#renew(watcher, users);
    if (this.#dirty.size > 0) this.#readSoon();
  }

  #replace(connection: Connection, watcher: Watcher | undefined): void {
    const { site } = connection;
    const before = this.#watchers.get(connection);
    for (const user of before?.views.keys() ?? []) this.#unsee(site, user, connection);
    if (watcher === undefined || watcher.views.size === 0) {
      this.#watchers.delete(connection);
      return;
    }
    this.#watchers.set(connection, watcher);
    for (const user of watcher.views.keys()) {
      const key = keyOf({ site, user });
      const seen = this.#seen.get(key) ?? { site, user, connections: new Set(), texts: [] };
      seen.connections.add(connection);
      this.#seen.set(key, seen);
    }
  }

  #unsee(site: string, user: UserId, connection: Connection): void {
    const key = keyOf({ site, user });
    const seen = this.#seen.get(key);
    if (!seen?.connections.delete(connection) || seen.connections.size > 0) return;
    this.#seen.delete(key);
    this.#dirty.delete(seen);
  }

  #answer({ connection: { site }, views }: Watcher, found: ReadonlyMap<UserId, Presence>): Watched {
    const users: object[] = [];
    const told: [UserId, View, string][] = [];
    for (const [user, view] of views) {
      const shown = presenceOnWire(found.get(user), view.right);
      if (view.right !== undefined) users.push(userOnWire(user, shown));
      told.push([user, view, this.#shared(site, user, JSON.stringify(shown))]);
    }
    return {
      users,
      sent: (isTold) => {
        for (const [user, view, text] of told) {
          // Whoever looks like one who was never there is not told of where no answer was asked for.
          view.told = isTold ? text : UNSEEN;
          if (view.isMissed || !isTold) this.changed({ site, user });
        }
      },
    };
  }

  /** The same text as the one that other connections were told, where there is one. */
  #shared(site: string, user: UserId, text: string): string {
    if (text === UNSEEN) return UNSEEN;
    const seen = this.#seen.get(keyOf({ site, user }));
    const known = seen?.texts.find((each) => each === text);
    if (known !== undefined) return known;
    seen?.texts.push(text);
    if (seen !== undefined && seen.texts.length > MOST_TEXTS) seen.texts.shift();
    return text;
  }

  #isCurrent(watcher: Watcher): boolean {
    return this.#watchers.get(watcher.connection) === watcher;
  }

  /** Reads again what a connection may see of some of the users whom it watches. */
  async #renew(watcher: Watcher, concerned: Iterable<UserId>): Promise<void> {
    const isWatching = () => this.#isCurrent(watcher) || this.#coming.has(watcher);
    const { connection: { site }, viewer, views } = watcher;
    const users = [...concerned].filter((user) => views.has(user));
    if (users.length === 0 || !isWatching()) return;
    const reading = ++this.#readings;
    let rights: ReadonlyMap<UserId, Right>;
    try {
      rights = await this.#parts.rightsOf(site, viewer, users);
    } catch {
      // A right that may have ended is none until that is known.
      rights = new Map(users.includes(viewer) ? [[viewer, "all"]] : []);
      if (isWatching()) {
        this.#unsure.set(watcher, new Set([...this.#unsure.get(watcher) ?? [], ...users]));
      }
    }
    if (!isWatching()) return;
    take(rights, { views, users, reading });
    for (const user of users) this.changed({ site, user });
  }

  #readSoon(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.#parts.runInBackground(() => this.#readDirty().finally(() => this.#isReading = false));
  }

  async #readDirty(): Promise<void> {
    await nextTurn(); // what one turn brings is read together
    const doubtful: Seen[] = [];
    try {
      while (this.#dirty.size > 0) {
        const [first] = this.#dirty;
        const batch = [...this.#dirty].filter(({ site }) => site === first?.site).slice(0, AT_ONCE);
        for (const seen of batch) this.#dirty.delete(seen);
        const found = await this.#parts.read(batch[0]!.site, batch.map(({ user }) => user));
        for (const seen of batch) {
          const presence = found.get(seen.user) ?? NOBODY;
          if (presence.status !== "online" && performance.now() < this.#incompleteUntil) {
            doubtful.push(seen);
          } else this.#tell(seen, presence);
        }
      }
    } finally {
      for (const seen of doubtful) {
        if (this.#seen.get(keyOf(seen)) === seen) this.#dirty.add(seen);
      }
    }
  }

  #tell(seen: Seen, presence: Presence): void {
    const { site, user, connections } = seen;
    const frames = new Map<string, Outgoing>();
    for (const connection of connections) {
      const view = this.#watchers.get(connection)?.views.get(user);
      if (view === undefined) continue;
      const shown = presenceOnWire(presence, view.right);
      const text = this.#shared(site, user, JSON.stringify(shown));
      if (view.told === undefined) view.isMissed = true;
      if (view.told === undefined || view.told === text) continue;
      view.told = text;
      const frame = frames.get(text) ??
        new Outgoing(JSON.stringify({ type: "user_presence", ...userOnWire(user, shown) }));
      frames.set(text, frame);
      connection.send(frame);
      this.#parts.told.value++;
    }
  }
}

/** How many texts of one user are kept to be shared: one for each kind of right. */
const MOST_TEXTS = 4;

const UNSEEN = JSON.stringify(presenceOnWire(NOBODY, undefined));

/** Notes what a reading has found. Two of them may end in another order than they began in: the later one counts. */
function take(
  rights: ReadonlyMap<UserId, Right>,
  { views, users, reading }: {
    readonly views: ReadonlyMap<UserId, View>;
    readonly users: readonly UserId[];
    readonly reading: number;
  },
): void {
  for (const user of users) {
    const view = views.get(user);
    if (view === undefined || view.reading > reading) continue;
    view.reading = reading;
    view.right = rights.get(user);
  }
}

function keyOf({ site, user }: OnlineUser): string {
  return `${site}\n${user}`;
}
