/**
 * Follows which users are connected to this node, and writes that into the store, where all nodes find it. A connection that
 * is gone counts on for the grace, so that a phone which changes its network does not blink. Next: `watching.ts`.
 */
import type { UserId } from "../base/fields.ts";
import { inSlices } from "../base/slices.ts";
import type { Connection } from "../core/connection.ts";
import type { Node } from "../core/node.ts";
import { Slot } from "../core/slot.ts";
import { type Device, noteSaid, saidBy } from "./device.ts";
import type { Note, OnlineStore, OnlineUser } from "./online_store.ts";
import { type Counted, partOf } from "./part.ts";

/** How many users are written at once where there are many. */
const AT_ONCE = 200;
/** Most users who are ended at one look. */
const MOST_AT_ONCE = 500;

/** Somebody who is told of users who come online and go offline, such as applications. */
export interface OnlineWitness {
  /** @returns what is written in the same step, and what is done after that; `undefined` where nobody asks */
  online(user: OnlineUser): Told | undefined;
  offline(user: OnlineUser): Told | undefined;
}

export interface Told {
  readonly note: Note;
  done(): void;
}

/** A user with connections here, or one who had some and is not taken out of the store yet. */
interface Here extends OnlineUser {
  /** The user's connections, and those that are gone whose grace is not over. */
  connections: Counted[];
  /** The era in which the store has the user; `undefined` where it has not, or that is not known. */
  writtenIn: string | undefined;
  /** What the store has, as JSON. */
  written: string;
  /** Resolves when the store is asked for nothing more of the user. */
  writing: Promise<void> | undefined;
}

/** A connection, and whom it counts for. */
interface Entry extends Counted {
  readonly here: Here;
}

const ENTRIES = new Slot<Entry>();

export interface FollowingParts {
  readonly node: Node;
  /** How long a connection counts on that is gone. */
  readonly graceMs: number;
  openStore(): Promise<OnlineStore>;
  /** A user's presence may have changed. */
  changed(user: OnlineUser): void;
  /** A user is offline. @param goneAt when the last connection was gone, in Unix milliseconds */
  ended(user: OnlineUser, goneAt: number): void;
}

export class Following {
  readonly #parts: FollowingParts;
  readonly #users = new Map<string, Here>();
  /** Connections that are gone, in the order in which their grace is over. */
  readonly #gone: Entry[] = [];
  #witness: OnlineWitness | undefined;
  #store: OnlineStore | undefined;
  #opening: Promise<void> | undefined;

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /** Has a witness told from now on. */
  witnessBy(witness: OnlineWitness): void {
    this.#witness = witness;
  }

  /** The store, once users are followed. */
  get store(): OnlineStore | undefined {
    return this.#store;
  }

  /** How many users are connected here, or were a moment ago. */
  get size(): number {
    return this.#users.size;
  }

  /** Begins to follow users, unless that has begun. */
  begin(): Promise<void> {
    return this.#opening ??= this.#begin().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
  }

  async #begin(): Promise<void> {
    this.#store = await this.#parts.openStore();
    for (const connection of this.#parts.node.connections) {
      if (connection.user !== undefined) this.identified(connection, connection.user);
    }
  }

  identified(connection: Connection, user: UserId): void {
    if (this.#store === undefined) return;
    this.closed(connection); // what it was before
    if (connection.isGuest || connection.identity?.isGuest) return;
    const here = this.#here(connection.site, user);
    const { device, away } = saidBy(connection);
    const entry = { here, device, away, goneAt: 0 };
    here.connections.push(entry);
    ENTRIES.set(connection, entry);
    this.#sync(here);
  }

  closed(connection: Connection): void {
    const entry = ENTRIES.of(connection);
    if (entry === undefined) return;
    ENTRIES.set(connection, undefined);
    const { here } = entry;
    entry.goneAt = performance.now() + (connection.wasSilent ? 0 : this.#parts.graceMs);
    if (!isHere(here)) this.#sync(here);
    if (connection.wasSilent && isHere(here)) this.#forget(entry); // it was gone for long before that was noticed
    else this.#gone.push(entry);
  }

  /** The client names its device, maybe after it has said who it is. */
  noteDevice(connection: Connection, device: Device): void {
    noteSaid(connection, { device });
    this.#resync(connection);
  }

  /** The client says that its user is away, or back. */
  noteAway(connection: Connection, isAway: boolean): void {
    const { away } = saidBy(connection);
    if (isAway === (away !== undefined)) return;
    noteSaid(connection, { away: isAway ? Date.now() : undefined });
    this.#resync(connection);
  }

  /** Writes anew what the engine has lost of users here. Rejects where the engine is away again. */
  async restore(signal?: AbortSignal): Promise<void> {
    await inSlices([...this.#users.values()], (here) => this.#write(here), {
      atOnce: AT_ONCE,
      signal,
    });
  }

  /** Ends what is over: connections whose grace is, here, and users whose grace is, on all nodes. */
  async look(): Promise<void> {
    const store = this.#store;
    if (store === undefined) return;
    const now = performance.now();
    while (this.#gone[0] !== undefined && this.#gone[0].goneAt <= now) {
      this.#forget(this.#gone.shift()!);
    }
    const { users, fewer } = await store.due(MOST_AT_ONCE);
    await Promise.all([
      ...users.map((user) => this.#end(user, store)),
      ...fewer.map(async (user) => {
        await store.forget(user);
        this.#parts.changed(user);
      }),
    ]);
  }

  async #end(user: OnlineUser, store: OnlineStore): Promise<void> {
    const told = this.#witness?.offline(user);
    const goneAt = await store.end(user, told?.note);
    if (goneAt === undefined) return;
    told?.done();
    if (goneAt > 0) this.#parts.ended(user, goneAt);
    this.#parts.changed(user);
  }

  /** Whoever was taken out of the store meanwhile has no connections any more. */
  #forget(entry: Entry): void {
    const { here } = entry;
    const at = here.connections.indexOf(entry);
    if (at < 0) return;
    here.connections.splice(at, 1);
    if (isHere(here)) this.#sync(here);
  }

  /** The client has said something else of itself. */
  #resync(connection: Connection): void {
    const entry = ENTRIES.of(connection);
    if (entry === undefined) return;
    Object.assign(entry, { device: undefined, away: undefined, ...saidBy(connection) });
    this.#sync(entry.here);
  }

  #here(site: string, user: UserId): Here {
    const key = `${site}\n${user}`;
    let here = this.#users.get(key);
    if (here === undefined) {
      const unwritten = { writtenIn: undefined, written: "", writing: undefined };
      here = { site, user, connections: [], ...unwritten };
      this.#users.set(key, here);
    }
    return here;
  }

  #sync(here: Here): void {
    const { node } = this.#parts;
    node.background.later("user", async () => {
      try {
        await this.#write(here);
      } catch (error) {
        node.noteIncomplete("user", error);
      }
    });
  }

  /** Writes whether the user is here, one thing after the other. Rejects where the engine is away. */
  async #write(here: Here): Promise<void> {
    while (here.writing !== undefined) await here.writing.catch(() => {});
    const store = this.#store;
    if (store === undefined) return;
    here.writing = this.#writeNow(here, store).finally(() => here.writing = undefined);
    await here.writing;
  }

  async #writeNow(here: Here, store: OnlineStore): Promise<void> {
    if (!isHere(here)) return await this.#remove(here, store);
    const part = partOf(here.connections);
    const json = JSON.stringify(part);
    const { era } = store;
    if (here.writtenIn === era && here.written === json) return;
    const isNew = here.writtenIn !== era;
    const told = isNew ? this.#witness?.online(here) : undefined;
    const isFirst = await store.set(here, part, told?.note);
    here.writtenIn = era;
    here.written = json;
    if (isFirst) told?.done();
    this.#parts.changed(here);
  }

  async #remove(here: Here, store: OnlineStore): Promise<void> {
    const until = Math.max(0, ...here.connections.map(({ goneAt }) => goneAt));
    await store.remove(here, Math.max(0, until - performance.now()));
    here.writtenIn = undefined;
    if (isHere(here)) return;
    here.connections = [];
    this.#users.delete(`${here.site}\n${here.user}`);
  }
}

function isHere({ connections }: Here): boolean {
  return connections.some(({ goneAt }) => goneAt === 0);
}
