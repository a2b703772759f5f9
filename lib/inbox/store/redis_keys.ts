/** The names of inboxes, their schedule and their receipts in Redis. */
import type { UserId } from "../../base/fields.ts";
import type { RedisKeys } from "../../engines/redis/keys.ts";
import type { SharedWay } from "../../core/claim.ts";

/**
 * The parts of an inbox. The contents of notifications stand under `frames`, and those of scheduled ones under
 * `scheduled-frames`: stores of version 0.1 have finished frames there, which are still read, so the names stay.
 */
const PARTS = ["frames", "order", "queued", "unread", "done", "times", "expiries", "position"];

export class InboxKeys {
  /** The stream of what was delivered and read, and not told yet. */
  readonly receipts: string;
  /** The batch that is being told: its id, and its last entry in {@linkcode InboxKeys.receipts}. */
  readonly receiptsBatch: string;
  /** The node that tells. */
  readonly receiptsSender: string;
  /** The sorted set of the scheduled notifications of all sites, by the Unix time in milliseconds at which they are due. */
  readonly scheduled: string;
  /** The hash of the contents of scheduled notifications. */
  readonly scheduledContents: string;
  /** The stream of what was refused, each with the reason. */
  readonly refused: string;
  readonly #keys: RedisKeys;

  constructor(keys: RedisKeys) {
    const { prefix } = keys;
    this.receipts = `${prefix}receipts`;
    this.receiptsBatch = `${prefix}receipts-batch`;
    this.receiptsSender = `${prefix}receipts-sender`;
    this.scheduled = `${prefix}scheduled`;
    this.scheduledContents = `${prefix}scheduled-frames`;
    this.refused = refusedKey(keys);
    this.#keys = keys;
  }

  /** The key of what a user has not read. */
  unread(site: string, user: UserId): string {
    return `${this.#keys.of(site)}inbox-unread:{${user}}`;
  }

  /** The keys of a user's inbox, in the order of `inbox.lua`. */
  inbox(site: string, user: UserId): string[] {
    return PARTS.map((part) => `${this.#keys.of(site)}inbox-${part}:{${user}}`);
  }

  /** The hash of the groups of a user's notifications, by their ids. */
  groups(site: string, user: UserId): string {
    return `${this.#keys.of(site)}inbox-groups:{${user}}`;
  }

  /** The sorted set of the ids that a user has snoozed, by the Unix time in milliseconds at which each comes back. */
  snoozed(site: string, user: UserId): string {
    return `${this.#keys.of(site)}inbox-snoozed:{${user}}`;
  }

  /** The pub/sub channel on which nodes hear what comes into an inbox. */
  channel(site: string, user: UserId): string {
    return this.#keys.channel({ site, kind: "user", name: user });
  }

  /** A key that is there while an id that a caller made is known. */
  callersId(site: string, user: UserId, id: string): string {
    return `${this.#keys.of(site)}inbox-id:{${user}}:${id}`;
  }

  /** A key that holds the user that a notification is for. */
  owner(site: string, id: string): string {
    return `${this.#keys.of(site)}owner:${id}`;
  }

  turn(way: SharedWay): [lock: string, progress: string] {
    return this.#keys.turn(way);
  }
}

/** The stream of the notifications that were refused by whichever way they came, and that no sender was told of. */
export function refusedKey({ prefix }: RedisKeys): string {
  return `${prefix}notifications-dead`;
}

/** Whether an entry of that stream is a scheduled notification: what came by a way has its `way` there. */
export function isScheduled(values: readonly string[]): boolean {
  return values[2] === "scheduled";
}

/** Most entries of that stream; past so many, the oldest go. */
export const MOST_REFUSED = 10_000;
