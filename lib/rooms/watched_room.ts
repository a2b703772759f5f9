/**
 * What the connections of this node that watch one room are told: who comes and leaves, or, in a room with more users than
 * are named there, how many there are. `watching.ts` has one for each room that is watched here.
 */
import { Arrival } from "../core/arrival.ts";
import { type Channel, keyOf } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { HeardVersions } from "./heard_versions.ts";
import { Pace } from "./pace.ts";
import type { PresencePage } from "./store/store.ts";
import { presencePublication } from "./wire.ts";

/** How often watchers are told how many users there are, at most. */
const COUNT_EVERY_MS = 1000;
/** How long a room that had too many users for names is counted at least. */
const COUNTED_MS = 2000;

/** A user who came or left. */
export interface Change {
  /** The room's version since then; 0 if it is not known. */
  readonly version: number;
  /** How many users there are since then; `undefined` if it is not known. */
  readonly users: number | undefined;
  readonly arrival: Arrival;
}

/** A connection that watches. */
interface Watcher {
  /** The version of the list that it has: earlier changes are in the list. */
  since: number;
  /** Changes that come while its list is being read; `undefined` while none is. */
  held: Change[] | undefined;
  /** Whether it waits for its first list. */
  isNew: boolean;
}

/** What a connection is answered, and what has to follow its answer. */
export interface Watched {
  readonly page: PresencePage;
  /** Whether no user is named, since there are too many. */
  readonly isCounted: boolean;
  /** Sends what happened since, once the answer is on its way. */
  sent(): void;
}

export interface WatchedRoomOptions {
  readonly channel: Channel;
  /** Users up to whom watchers are told names. */
  readonly most: number;
  /** Reads the first page of who is there, and nobody where there are more than `most`. */
  list(): Promise<PresencePage>;
}

export class WatchedRoom {
  readonly #options: WatchedRoomOptions;
  readonly #watchers = new Map<Connection, Watcher>();
  readonly #pace = new Pace<Change>((changes) => this.#deliver(changes));
  readonly #heard = new HeardVersions();
  /** How many users there are, as far as it was told. */
  #users = 0;
  /** When the room had too many users for names, on `performance.now()`'s clock; `undefined` while it has not. */
  #countedSince: number | undefined;
  /** How many users the watchers were told of last. */
  #told = -1;
  /** Changes that come while the room's names are read again; `undefined` while they are not. */
  #meanwhile: Change[] | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WatchedRoomOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#watchers.size === 0;
  }

  /** From now on the connection misses nothing. Its list is to be read, and then {@linkcode WatchedRoom.answer} called. */
  begin(connection: Connection): void {
    const watcher = this.#watchers.get(connection) ?? { since: 0, held: undefined, isNew: true };
    watcher.held ??= [];
    this.#watchers.set(connection, watcher);
  }

  /** The connection's list could not be read. One that watched before goes on. */
  fail(connection: Connection): void {
    const watcher = this.#watchers.get(connection);
    if (watcher === undefined) return;
    if (watcher.isNew) return this.forget(connection);
    this.#release(connection, watcher, () => true);
  }

  /** Turns the connection's list into its answer. */
  async answer(connection: Connection, page: PresencePage): Promise<Watched> {
    const watcher = this.#watchers.get(connection);
    if (watcher === undefined) return { page, isCounted: false, sent() {} }; // it has left the room
    if (this.#watchers.size === 1 && watcher.isNew) this.#heard.note(page.version);
    if (!watcher.isNew) await this.#catchUp(connection, watcher, page.version);
    watcher.since = Math.max(watcher.since, page.version);
    watcher.isNew = false;
    if (page.count > this.#options.most) this.#count(page.count);
    return {
      page,
      isCounted: this.#countedSince !== undefined,
      sent: () => this.#release(connection, watcher, ({ version }) => isAfter(version, watcher)),
    };
  }

  /** The connection is in the room no more. */
  forget(connection: Connection): void {
    this.#watchers.delete(connection);
    if (!this.isEmpty) return;
    clearTimeout(this.#timer);
    this.#pace.stop();
    this.#heard.reset();
  }

  /** Versions of before say nothing of those that come. */
  forgetVersions(): void {
    this.#heard.reset();
    for (const watcher of this.#watchers.values()) watcher.since = 0;
  }

  /** A user came or left. */
  change(change: Change): void {
    this.#heard.note(change.version);
    this.#users = change.users ?? this.#users;
    this.#meanwhile?.push(change);
    if (this.#countedSince !== undefined) return this.#countSoon();
    if (this.#users > this.#options.most) return this.#count(this.#users);
    this.#pace.take(change);
  }

  #deliver(changes: readonly Change[]): void {
    for (const [connection, watcher] of this.#watchers) {
      for (const change of changes) {
        if (watcher.held !== undefined) watcher.held.push(change);
        else if (isAfter(change.version, watcher)) this.#send(connection, change);
      }
    }
  }

  #send(connection: Connection, { arrival }: Change): void {
    connection.deliver(keyOf(arrival.channel), 0, arrival.in(connection.protocol.dialect));
  }

  /**
   * A connection that watches already, and asks again, hears first what its new list has: whoever else uses the connection
   * knows it only from that.
   */
  async #catchUp(connection: Connection, watcher: Watcher, version: number): Promise<void> {
    if (this.#countedSince !== undefined) return;
    await this.#heard.until(version);
    this.#pace.flush();
    const held = watcher.held ?? [];
    watcher.held = held.filter((change) => change.version > version);
    for (const change of held) {
      if (change.version <= version && isAfter(change.version, watcher)) {
        this.#send(connection, change);
      }
    }
  }

  #release(connection: Connection, watcher: Watcher, isNew: (change: Change) => boolean): void {
    const held = watcher.held ?? [];
    watcher.held = undefined;
    if (this.#countedSince !== undefined || this.#watchers.get(connection) !== watcher) return;
    for (const change of held.filter(isNew)) {
      connection.send(change.arrival.in(connection.protocol.dialect));
    }
  }

  /** The room has more users than are named: from now on watchers are told how many. */
  #count(users: number): void {
    this.#users = users;
    if (this.#countedSince !== undefined) return;
    this.#countedSince = performance.now();
    this.#pace.stop();
    this.#tell({ users: [], count: users });
    this.#told = users;
    this.#later();
  }

  #countSoon(): void {
    if (this.#timer === undefined) this.#later();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tick();
    }, COUNT_EVERY_MS);
  }

  /** Tells how many there are, or names them again where they have become fewer. */
  #tick(): void {
    if (this.#countedSince === undefined) return;
    const { most } = this.#options;
    const isFew = this.#users <= most - Math.floor(most / 10);
    if (isFew && performance.now() - this.#countedSince >= COUNTED_MS) return void this.#name();
    if (this.#told !== this.#users) this.#tell({ users: [], count: this.#told = this.#users });
    if (isFew) this.#later();
  }

  /** Gives all watchers the names of who is there, and tells them of changes again. */
  async #name(): Promise<void> {
    this.#meanwhile = [];
    const page = await this.#options.list().catch(() => undefined);
    const meanwhile = this.#meanwhile;
    this.#meanwhile = undefined;
    if (this.isEmpty || this.#countedSince === undefined) return;
    if (page === undefined || page.count > this.#options.most) return this.#later();
    this.#countedSince = undefined;
    this.#tell(page);
    for (const watcher of this.#watchers.values()) watcher.since = page.version;
    for (const change of meanwhile) this.change(change);
  }

  /** Sends all watchers a part of who is there, but for those whose own list is being read. */
  #tell(page: Pick<PresencePage, "users" | "count" | "next">): void {
    const publication = presencePublication(page);
    const arrival = new Arrival(this.#options.channel, publication, undefined);
    for (const [connection, { held }] of this.#watchers) {
      if (held === undefined) this.#send(connection, { version: 0, users: undefined, arrival });
    }
  }
}

/** Whether a list does not have the change. A change without a version may be in it. */
function isAfter(version: number, { since }: Watcher): boolean {
  return version === 0 || version > since;
}
