/**
 * The one naming scheme of everything in Redis; `docs/redis.md` lists it for users. The default site's
 * connection hashes and message channel are seed 000's, to the letter.
 */
import type { Channel } from "../../core/channel.ts";
import { DEFAULT_SITE } from "../../base/site.ts";
import type { SharedWay } from "../../inbox/store/store.ts";
import type { UserId } from "../../base/fields.ts";

export class RedisKeys {
  constructor(readonly prefix: string) {}

  /** Seed 000: hash of `user_{id}` to JSON, one entry a user in the room. */
  connections(site: string, room: string): string {
    return `${this.#of(site)}connections:${room}`;
  }

  /** Field of {@linkcode RedisKeys.connections}. */
  connectionField(user: UserId): string {
    return `user_${user}`;
  }

  /**
   * Hash of client id to lease and JSON: a user's clients in the room. The connection hash's name in braces puts
   * both on one slot of a Redis Cluster; the length keeps two pairs of room and user apart.
   */
  clients(site: string, room: string, user: UserId): string {
    return `${this.#of(site)}clients:${user.length}:{${this.connections(site, room)}}:${user}`;
  }

  /** Hash of {@linkcode RedisKeys.connectionField}: how many clients more than one each of the room's users has. */
  several(site: string, room: string): string {
    return `${this.#of(site)}several:{${this.connections(site, room)}}`;
  }

  /** In the order of `lua/presence.lua`. */
  presence(site: string, room: string, user: UserId): string[] {
    return [this.connections(site, room), this.clients(site, room, user), this.several(site, room)];
  }

  /** Pub/sub channel between nodes. */
  channel({ site, kind, name }: Channel): string {
    return `${this.#of(site)}${kind}:${name}`;
  }

  /** Stream of a channel's history. */
  history({ site, kind, name }: Channel): string {
    return `${this.#of(site)}history:${kind}:{${name}}`;
  }

  /** The offset of a publication, while the id that a client made for it is known. */
  publicationId({ site, kind, name }: Channel, id: string): string {
    return `${this.#of(site)}publication:${kind}:{${name}}:${id}`;
  }

  /** Hash of `epoch` and `offset` of a channel's history. */
  position({ site, kind, name }: Channel): string {
    return `${this.#of(site)}position:${kind}:{${name}}`;
  }

  /** The parts of a user's inbox, in the order of `lua/inbox.lua`. */
  inbox(site: string, user: UserId): string[] {
    return ["frames", "order", "queued", "unread", "done", "times", "expiries", "position"]
      .map((part) => `${this.#of(site)}inbox-${part}:{${user}}`);
  }

  /** Set while an id that a caller made is known. */
  callersId(site: string, user: UserId, id: string): string {
    return `${this.#of(site)}inbox-id:{${user}}:${id}`;
  }

  /** The user that a notification is for. */
  owner(site: string, id: string): string {
    return `${this.#of(site)}owner:${id}`;
  }

  /** Stream of what was delivered and read, and not told yet. */
  get receipts(): string {
    return `${this.prefix}receipts`;
  }

  /** What is told together: its id, and its last entry in {@linkcode RedisKeys.receipts}. */
  get receiptsBatch(): string {
    return `${this.prefix}receipts-batch`;
  }

  /** Who tells. */
  get receiptsSender(): string {
    return `${this.prefix}receipts-sender`;
  }

  /** Sorted set of the scheduled notifications of all sites, by the Unix time in milliseconds they are due. */
  get scheduled(): string {
    return `${this.prefix}scheduled`;
  }

  /** Hash of their frames. */
  get scheduledFrames(): string {
    return `${this.prefix}scheduled-frames`;
  }

  /** Hash of the keys to the HTTP API of all sites. */
  get apiKeys(): string {
    return `${this.prefix}api-keys`;
  }

  /** Hash of the revocations of all sites. */
  get revocations(): string {
    return `${this.prefix}revocations`;
  }

  /** Sorted set of those that end, by the Unix time in milliseconds they do. */
  get revocationEnds(): string {
    return `${this.prefix}revocation-ends`;
  }

  /** Pub/sub channel on which nodes hear of them. */
  get revocationChannel(): string {
    return `${this.prefix}revocation-events`;
  }

  /** Stream that other systems add notifications to. */
  get notifications(): string {
    return `${this.prefix}notifications`;
  }

  /** Stream of the entries that could not be read. */
  get deadNotifications(): string {
    return `${this.prefix}notifications-dead`;
  }

  /** Sorted set of the living nodes' leases, by the Unix time in milliseconds they end. */
  get leases(): string {
    return `${this.prefix}leases`;
  }

  /** Set of what a lease's node has in the connection hashes, to be swept when the lease has ended. */
  leaseClients(lease: string): string {
    return `${this.prefix}lease:${lease}`;
  }

  /**
   * Of a way in that one node at a time reads: who has the turn, and how far they came. With the bridge that is the
   * number of a mark and of the payload after it, with the stream the two numbers of an entry's id.
   */
  turn(way: SharedWay): [lock: string, progress: string] {
    return [`${this.prefix}${way}`, `${this.prefix}${way}-progress`];
  }

  /** Number of the last mark. */
  get bridgeMark(): string {
    return `${this.prefix}bridge-mark`;
  }

  /** Pub/sub channel on which bridges hear marks, that one is asked for, and that the lock was released. */
  get bridgeChannel(): string {
    return `${this.prefix}bridge-events`;
  }

  #of(site: string): string {
    return site === DEFAULT_SITE ? this.prefix : `${this.prefix}@${site}:`;
  }
}
