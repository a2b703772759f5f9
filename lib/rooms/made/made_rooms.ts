/**
 * The rooms that are made while the server runs. A node reads them from the store when it starts or was cut off, and is then
 * told of every change. Their rules stand beside those of the file (`rules/room_rules.ts`); `leaving.ts` says who has to
 * leave a room when they change.
 */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import type { RoomRules } from "../rules/room_rules.ts";
import { notMade, requireMadeRule, ruleOrClosed, tooMany } from "./fields.ts";
import { bytesOf, keyOf, KnownRooms } from "./known_rooms.ts";
import type { MadeChange, MadeFields, MadeKey, MadeRoom, MadeRoomStore } from "./store.ts";

/** How often a change begins anew where others change the same room. */
const MOST_TRIES = 10;

/** How much is kept of one site; `Infinity` for any amount. */
export interface MadeLimits {
  /** Rooms and patterns. */
  readonly rooms: number;
  /** Bytes of their names and fields. Where several nodes are told of rooms at once, there may be a few more. */
  readonly bytes: number;
}

export interface MadeRoomsParts {
  readonly store: MadeRoomStore;
  readonly rules: RoomRules;
  readonly limits: MadeLimits;
  /** Whether clients have to prove who they are. */
  readonly hasTokens: boolean;
}

/** A room that was put, and whether there was none before. */
export interface Put {
  readonly room: MadeRoom;
  readonly isNew: boolean;
}

export class MadeRooms {
  readonly #parts: MadeRoomsParts;
  readonly #known: KnownRooms;
  /** For each reading of the store that is under way, the changes since it began. */
  readonly #readings = new Set<MadeChange[]>();
  /** How often this node was cut off from the store; its start counts as the first time. */
  #gaps = 1;
  /** How many of these gaps are closed, because the store was read since. */
  #gapsRead = 0;

  constructor(parts: MadeRoomsParts) {
    const { rules, hasTokens } = this.#parts = parts;
    rules.isComplete = false;
    this.#known = new KnownRooms({
      made: ({ site, pattern, fields }) =>
        rules.make(site, ruleOrClosed(pattern, fields, hasTokens)),
      deleted: ({ site, pattern }) => rules.unmake(site, pattern),
    });
  }

  /** Whether this node knows all rooms. */
  get isComplete(): boolean {
    return this.#gapsRead === this.#gaps;
  }

  /** How many rooms and patterns there are, of all sites. */
  get count(): number {
    return this.#known.count;
  }

  /** This node was cut off from the store, and may have missed changes. */
  noteMissed(): void {
    this.#gaps++;
  }

  get(key: MadeKey): MadeRoom | undefined {
    return this.#known.get(key);
  }

  /** The rooms of a site, in any order. */
  of(site: string): Iterable<MadeRoom> {
    return this.#known.of(site);
  }

  /**
   * Makes a room, or gives it other fields. Resolves when they count on this node and were sent to all others. Rejects with
   * `invalid_field` where the fields cannot be used, and with `too_many_rooms` where the site has too many.
   */
  async put(key: MadeKey, fields: MadeFields): Promise<Put> {
    const put = await this.#put(key, fields);
    if (put !== undefined) return put;
    throw new TypeError("A room that nothing was expected of is another one");
  }

  /** Changes some fields of a room; those that are `null` are then as if they had never been given. */
  async patch(key: MadeKey, changes: Readonly<Record<string, unknown>>): Promise<MadeRoom> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const known = this.get(key);
      if (known === undefined) throw notMade(key);
      const merged = Object.entries({ ...known.fields, ...changes });
      const fields = Object.fromEntries(merged.filter(([, value]) => value !== null));
      const put = await this.#put(key, fields, known.at);
      if (put !== undefined) return put.room;
      if (this.get(key)?.at === known.at) await this.load(); // another node's change is not here yet
    }
    throw new CodedError("unavailable", "Others change this room right now: try again");
  }

  /** Forgets a room: from then on the other rules hold for it. Says whether there was one. */
  delete(key: MadeKey): Promise<boolean> {
    return this.#parts.store.delete(key);
  }

  /** Takes the user's connections out of the room on all nodes. They may come back where the rules let them. */
  putOut(site: string, room: string, user: UserId): Promise<void> {
    return this.#parts.store.putOut(site, room, user);
  }

  /**
   * Reads all rooms anew, and writes back what this node knows and the store has lost. Rejects with `unavailable`; then what
   * was known goes on to count.
   */
  async load(): Promise<void> {
    const changes: MadeChange[] = [];
    const gaps = this.#gaps;
    this.#readings.add(changes);
    try {
      this.#known.replace(await this.#readAndMend(changes));
      changes.forEach((change) => this.#known.take(change)); // changes may be newer than what was read
      this.#gapsRead = Math.max(this.#gapsRead, gaps);
      this.#parts.rules.isComplete = true;
    } finally {
      this.#readings.delete(changes);
    }
  }

  /** Takes a change that every node was told of. */
  take(change: MadeChange): void {
    for (const changes of this.#readings) changes.push(change);
    this.#known.take(change);
  }

  /** @param ifAt when the room was changed last; where that is another time, nothing is done, and there is no answer */
  async #put(key: MadeKey, fields: unknown, ifAt?: number): Promise<Put | undefined> {
    const { store, limits, hasTokens } = this.#parts;
    const good = requireMadeRule(key.pattern, fields, hasTokens);
    const bytes = this.#known.bytesBeside(key) + bytesOf({ pattern: key.pattern, fields: good });
    if (bytes > limits.bytes) throw tooMany(key, `the limit is ${limits.bytes} bytes of rules`);
    const put = await store.put(key, good, { most: limits.rooms, ifAt });
    switch (put.result) {
      case "outdated":
        return undefined;
      case "full":
        throw tooMany(key, `it has ${limits.rooms}, which is the limit`);
      default:
        return { room: put.room, isNew: put.result === "made" };
    }
  }

  /** What the store has, once it has what this node knows. What was deleted meanwhile, the store leaves out. */
  async #readAndMend(changes: readonly MadeChange[]): Promise<MadeRoom[]> {
    const { store } = this.#parts;
    const stored = await store.list();
    const times = new Map(stored.map((each) => [keyOf(each), each.at]));
    const isNew = new Set(changes.flatMap((each) => each.type === "made" ? keyOf(each.room) : []));
    const lost = this.#known.all().filter((room) => {
      const key = keyOf(room);
      return (times.get(key) ?? 0) < room.at && !isNew.has(key);
    });
    if (lost.length === 0) return stored;
    await store.restore(lost);
    return await store.list();
  }
}
