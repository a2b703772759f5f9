/**
 * What the connections of this node that watch one room are told: who comes and leaves, or, in a room with more users than
 * are named there, how many there are. `watching.ts` has one for each room that is watched here, `watchers.ts` knows what
 * each connection was told.
 */
import { Arrival } from "../core/arrival.ts";
import type { Channel } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";
import { HeardVersions } from "./heard_versions.ts";
import { Pace } from "./pace.ts";
import type { PresencePage } from "./store/store.ts";
import { type Change, send, Watchers } from "./watchers.ts";
import { presencePublication } from "./wire.ts";

/** How often watchers are told how many users there are, at most. */
const COUNT_EVERY_MS = 1000;
/** How long a room that had too many users for names is counted at least. */
const COUNTED_MS = 2000;

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
  /** Users up to whom watchers are told names: this may change while the room is watched. */
  most(): number;
  /** Reads the first page of who is there, and nobody where there are more than `most`. */
  list(): Promise<PresencePage>;
}

export class WatchedRoom {
  readonly #options: WatchedRoomOptions;
  readonly #watchers = new Watchers();
  readonly #pace = new Pace<Change>((changes) => this.#watchers.deliver(changes));
  readonly #heard = new HeardVersions();
  /** How many users there are, as far as it was told. */
  #users = 0;
  /** When the room had too many users for names, on `performance.now()`'s clock; `undefined` while it has not. */
  #countedSince: number | undefined;
  /** How often it began to be counted, or ceased to be. What happens while it is counted is in no list of names. */
  #turns = 0;
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

  get #isCounted(): boolean {
    return this.#countedSince !== undefined;
  }

  /**
   * Reads the connection's list, and makes its answer of it. From now on the connection misses nothing. Rejects as `read`
   * does; a connection that watched before goes on then.
   */
  async ask(connection: Connection, read: () => Promise<PresencePage>): Promise<Watched> {
    this.#watchers.hold(connection);
    const turns = this.#turns;
    try {
      const page = await read();
      if (page.count > this.#options.most()) this.#count(page.count);
      await this.#noteList(connection, page.version);
      const isCounted = this.#isCounted || turns !== this.#turns;
      return { page, isCounted, sent: () => this.#goOn(connection, isCounted) };
    } catch (error) {
      if (this.#watchers.isNew(connection)) this.forget(connection);
      else this.#goOn(connection, this.#isCounted);
      throw error;
    }
  }

  /** The connection is in the room no more. */
  forget(connection: Connection): void {
    this.#watchers.delete(connection);
    if (!this.isEmpty) return;
    clearTimeout(this.#timer);
    this.#pace.stop();
    this.#heard.reset();
  }

  /** The connections may not see any more who is in the room. */
  forgetAll(): void {
    for (const connection of this.#watchers.all()) this.forget(connection);
  }

  /** Versions of before say nothing of those that come. */
  forgetVersions(): void {
    this.#heard.reset();
    this.#watchers.forgetVersions();
  }

  /** A user came or left. */
  change(change: Change): void {
    this.#heard.note(change.version);
    this.#users = change.users ?? this.#users;
    this.#meanwhile?.push(change);
    if (this.#isCounted) {
      if (this.#timer === undefined) this.#later();
      return;
    }
    if (this.#users > this.#options.most()) return this.#count(this.#users);
    this.#pace.take(change);
  }

  /**
   * The connection will have a list of this version. One that watches already hears first what the list has: whoever else
   * uses the connection knows it only from that.
   */
  async #noteList(connection: Connection, version: number): Promise<void> {
    if (this.#watchers.isNew(connection)) {
      if (this.#watchers.size === 1) this.#heard.note(version);
    } else if (!this.#isCounted) {
      await this.#heard.until(version);
      this.#pace.flush();
      this.#watchers.sendUpTo(connection, version);
    }
    this.#watchers.note(connection, version);
  }

  /** The connection's answer is on its way. The room may be counted since, or be counted no more. */
  #goOn(connection: Connection, wasCounted: boolean): void {
    if (!this.#watchers.has(connection)) return;
    if (wasCounted && !this.#isCounted) return void this.#nameTo(connection);
    if (!this.#isCounted) return this.#watchers.release(connection);
    this.#watchers.stopHolding(connection);
    if (!wasCounted) send(connection, this.#arrival({ users: [], count: this.#users }));
  }

  /** Gives one connection the names of who is there, which had none when it was answered. */
  async #nameTo(connection: Connection): Promise<void> {
    const page = await this.#options.list().catch(() => undefined);
    if (!this.#watchers.has(connection)) return;
    if (page !== undefined && !this.#isCounted) {
      send(connection, this.#arrival(page));
      this.#watchers.note(connection, page.version);
    }
    this.#goOn(connection, this.#isCounted);
  }

  /** The room has more users than are named: from now on watchers are told how many. */
  #count(users: number): void {
    this.#users = users;
    if (this.#isCounted) return;
    this.#countedSince = performance.now();
    this.#turns++;
    this.#pace.stop();
    this.#tellCount();
    this.#later();
  }

  #tellCount(): void {
    this.#told = this.#users;
    this.#watchers.tell(this.#arrival({ users: [], count: this.#users }));
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
    if (this.#countedSince === undefined || this.#meanwhile !== undefined) return;
    const most = this.#options.most();
    const isFew = this.#users <= most - Math.floor(most / 10);
    if (isFew && performance.now() - this.#countedSince >= COUNTED_MS) return void this.#name();
    if (this.#told !== this.#users) this.#tellCount();
    if (isFew) this.#later();
  }

  /** Gives all watchers the names of who is there, and tells them of changes again. */
  async #name(): Promise<void> {
    const meanwhile: Change[] = this.#meanwhile = [];
    const page = await this.#options.list().catch(() => undefined);
    this.#meanwhile = undefined;
    if (this.isEmpty) return;
    if (page === undefined || page.count > this.#options.most()) return this.#later();
    this.#countedSince = undefined;
    this.#turns++;
    this.#watchers.tell(this.#arrival(page), page.version);
    this.#users = page.count;
    for (const change of meanwhile) this.change(change);
  }

  /** A part of who is there, or how many there are, for all connections. */
  #arrival(page: Pick<PresencePage, "users" | "count" | "next">): Arrival {
    return new Arrival(this.#options.channel, presencePublication(page), undefined);
  }
}
