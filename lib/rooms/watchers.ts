/** The connections of this node that watch one room, and which changes each of them is told: those after its own list. */
import type { Arrival } from "../core/arrival.ts";
import { keyOf } from "../core/channel.ts";
import type { Connection } from "../core/connection.ts";

/** A user who came or left. */
export interface Change {
  /** The room's version since then; 0 if it is not known. */
  readonly version: number;
  /** How many users there are since then; `undefined` if it is not known. */
  readonly users: number | undefined;
  readonly arrival: Arrival;
}

interface Watcher {
  /** The version of the list that it has: earlier changes are in the list. */
  since: number;
  /** Changes that come while its list is being read; `undefined` while none is. */
  held: Change[] | undefined;
  /** Whether it waits for its first list. */
  isNew: boolean;
}

export class Watchers {
  readonly #all = new Map<Connection, Watcher>();

  get size(): number {
    return this.#all.size;
  }

  all(): Connection[] {
    return [...this.#all.keys()];
  }

  has(connection: Connection): boolean {
    return this.#all.has(connection);
  }

  /** Whether the connection waits for its first list. */
  isNew(connection: Connection): boolean {
    return this.#all.get(connection)?.isNew ?? false;
  }

  /** From now on what happens is held back for the connection, until its list is on its way. */
  hold(connection: Connection): void {
    const watcher = this.#all.get(connection) ?? { since: 0, held: undefined, isNew: true };
    watcher.held ??= [];
    this.#all.set(connection, watcher);
  }

  /** The connection will have a list of this version. */
  note(connection: Connection, version: number): void {
    const watcher = this.#all.get(connection);
    if (watcher === undefined) return;
    watcher.since = Math.max(watcher.since, version);
    watcher.isNew = false;
  }

  /** Sends what was held back and is in a list of this version, before the list itself. */
  sendUpTo(connection: Connection, version: number): void {
    const watcher = this.#all.get(connection);
    if (watcher?.held === undefined) return;
    const { held } = watcher;
    watcher.held = held.filter((change) => change.version > version);
    for (const change of held) {
      if (change.version <= version && isAfter(change, watcher)) send(connection, change.arrival);
    }
  }

  /** Sends what was held back and is in no list, and holds back no more. */
  release(connection: Connection): void {
    const watcher = this.#all.get(connection);
    const held = watcher?.held ?? [];
    this.stopHolding(connection);
    for (const change of held) {
      if (watcher !== undefined && isAfter(change, watcher)) send(connection, change.arrival);
    }
  }

  /** Drops what was held back, and holds back no more. */
  stopHolding(connection: Connection): void {
    const watcher = this.#all.get(connection);
    if (watcher !== undefined) watcher.held = undefined;
  }

  /** Gives each connection the changes that are not in its list. */
  deliver(changes: readonly Change[]): void {
    for (const [connection, watcher] of this.#all) {
      for (const change of changes) {
        if (watcher.held !== undefined) watcher.held.push(change);
        else if (isAfter(change, watcher)) deliver(connection, change.arrival);
      }
    }
  }

  /** Gives all connections the same list or number, but for those whose own list is being read. */
  tell(arrival: Arrival, version = 0): void {
    for (const [connection, watcher] of this.#all) {
      if (watcher.held !== undefined) continue;
      watcher.since = Math.max(watcher.since, version);
      deliver(connection, arrival);
    }
  }

  delete(connection: Connection): void {
    this.#all.delete(connection);
  }

  /** Versions of before say nothing of those that come. */
  forgetVersions(): void {
    for (const watcher of this.#all.values()) watcher.since = 0;
  }
}

/** Sends something on, also while what is published in the room is held back for the connection. */
export function send(connection: Connection, arrival: Arrival): void {
  connection.send(arrival.in(connection.protocol.dialect));
}

function deliver(connection: Connection, arrival: Arrival): void {
  connection.deliver(keyOf(arrival.channel), 0, arrival.in(connection.protocol.dialect));
}

/** Whether the connection's list does not have the change. A change without a version may be in it. */
function isAfter({ version }: Change, { since }: Watcher): boolean {
  return version === 0 || version > since;
}
