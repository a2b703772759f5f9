/** The names of inboxes, their schedule and their receipts in Redis. */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { SharedWay } from "./store.ts";

const PARTS = ["frames", "order", "queued", "unread", "done", "times", "expiries", "position"];

export class InboxKeys {
  /** Stream of what was delivered and read, and not told yet. */
  readonly receipts: string;
  /** What is told together: its id, and its last entry in {@linkcode InboxKeys.receipts}. */
  readonly receiptsBatch: string;
  /** Who tells. */
  readonly receiptsSender: string;
  /** Sorted set of the scheduled notifications of all sites, by the Unix time in milliseconds they are due. */
  readonly scheduled: string;
  /** Hash of their frames. */
  readonly scheduledFrames: string;
  readonly #keys: RedisKeys;

  constructor(keys: RedisKeys) {
    const { prefix } = keys;
    this.receipts = `${prefix}receipts`;
    this.receiptsBatch = `${prefix}receipts-batch`;
    this.receiptsSender = `${prefix}receipts-sender`;
    this.scheduled = `${prefix}scheduled`;
    this.scheduledFrames = `${prefix}scheduled-frames`;
    this.#keys = keys;
  }

  /** The parts of a user's inbox, in the order of `inbox.lua`. */
  inbox(site: string, user: UserId): string[] {
    return PARTS.map((part) => `${this.#keys.of(site)}inbox-${part}:{${user}}`);
  }

  /** Pub/sub channel on which nodes hear what comes into it. */
  channel(site: string, user: UserId): string {
    return this.#keys.channel({ site, kind: "user", name: user });
  }

  /** Set while an id that a caller made is known. */
  callersId(site: string, user: UserId, id: string): string {
    return `${this.#keys.of(site)}inbox-id:{${user}}:${id}`;
  }

  /** The user that a notification is for. */
  owner(site: string, id: string): string {
    return `${this.#keys.of(site)}owner:${id}`;
  }

  turn(way: SharedWay): [lock: string, progress: string] {
    return turnKeys(this.#keys, way);
  }
}

/**
 * Of a way in that one node at a time reads: who has the turn, and how far they came. With the bridge that is the number
 * of a mark and of the payload after it, with the stream the two numbers of an entry's id.
 */
export function turnKeys({ prefix }: RedisKeys, way: SharedWay): [lock: string, progress: string] {
  return [`${prefix}${way}`, `${prefix}${way}-progress`];
}
