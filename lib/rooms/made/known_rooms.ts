/** The made rooms that a node knows, by their sites. What is told late changes nothing that was said after it. */
import type { MadeChange, MadeFields, MadeKey, MadeRoom } from "./store.ts";

/** Deletions that are remembered, since what was made before one may be told after it. The oldest are forgotten. */
const MAX_GONE = 1000;

interface SiteRooms {
  readonly rooms: Map<string, MadeRoom>;
  bytes: number;
}

export interface KnownRoomsEvents {
  /** A room was made, or has other fields. */
  made(room: MadeRoom): void;
  deleted(key: MadeKey): void;
}

export class KnownRooms {
  readonly #events: KnownRoomsEvents;
  readonly #sites = new Map<string, SiteRooms>();
  /** When rooms were deleted, oldest first: at most `MAX_GONE`. */
  readonly #gone = new Map<string, number>();

  constructor(events: KnownRoomsEvents) {
    this.#events = events;
  }

  get({ site, pattern }: MadeKey): MadeRoom | undefined {
    return this.#sites.get(site)?.rooms.get(pattern);
  }

  /** The rooms of a site, in any order. */
  of(site: string): Iterable<MadeRoom> {
    return this.#sites.get(site)?.rooms.values() ?? [];
  }

  all(): MadeRoom[] {
    return [...this.#sites.values()].flatMap(({ rooms }) => [...rooms.values()]);
  }

  get count(): number {
    return [...this.#sites.values()].reduce((sum, { rooms }) => sum + rooms.size, 0);
  }

  /** How many bytes the rooms of a site take, but for the one that has this key. */
  bytesBeside(key: MadeKey): number {
    const known = this.get(key);
    return (this.#sites.get(key.site)?.bytes ?? 0) - (known === undefined ? 0 : bytesOf(known));
  }

  /** Takes all rooms that there are. */
  replace(rooms: readonly MadeRoom[]): void {
    const there = new Set(rooms.map(keyOf));
    for (const room of this.all()) if (!there.has(keyOf(room))) this.#remove(room);
    for (const room of rooms) this.#set(room);
  }

  take(change: MadeChange): void {
    if (change.type === "out") return;
    if (change.type === "made") {
      const { room } = change;
      const last = Math.max(this.get(room)?.at ?? 0, this.#gone.get(keyOf(room)) ?? 0);
      if (room.at > last) this.#set(room);
      return;
    }
    const { key, at } = change;
    if ((this.get(key)?.at ?? 0) > at) return;
    this.#noteGone(key, at);
    this.#remove(key);
  }

  #set(room: MadeRoom): void {
    const { site, pattern, at } = room;
    const own = this.#sites.get(site) ?? { rooms: new Map(), bytes: 0 };
    const before = own.rooms.get(pattern);
    if (before?.at === at) return;
    own.bytes += bytesOf(room) - (before === undefined ? 0 : bytesOf(before));
    own.rooms.set(pattern, room);
    this.#sites.set(site, own);
    this.#events.made(room);
  }

  #remove({ site, pattern }: MadeKey): void {
    const own = this.#sites.get(site);
    const before = own?.rooms.get(pattern);
    if (own === undefined || before === undefined) return;
    own.bytes -= bytesOf(before);
    own.rooms.delete(pattern);
    if (own.rooms.size === 0) this.#sites.delete(site);
    this.#events.deleted(before);
  }

  #noteGone(key: MadeKey, at: number): void {
    const name = keyOf(key);
    this.#gone.delete(name);
    this.#gone.set(name, at);
    const [oldest] = this.#gone.keys();
    if (oldest !== undefined && this.#gone.size > MAX_GONE) this.#gone.delete(oldest);
  }
}

/** No part of a key holds a line break. */
export function keyOf({ site, pattern }: MadeKey): string {
  return `${site}\n${pattern}`;
}

/** How many bytes a room counts with. */
export function bytesOf(
  { pattern, fields }: { readonly pattern: string; readonly fields: MadeFields },
): number {
  return pattern.length + JSON.stringify(fields).length;
}
