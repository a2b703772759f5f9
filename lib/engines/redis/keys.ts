/**
 * The scheme by which everything in Redis is named, and the names of the kernel. Each capability has its own names in its
 * folder. `docs/redis.md` lists all names for users.
 */
import type { UserId } from "../../base/fields.ts";
import type { Channel } from "../../core/channel.ts";
import type { SharedWay } from "../../core/claim.ts";
import { DEFAULT_SITE } from "../../base/site.ts";

/** The group of nodes that read a stream. */
export const STREAM_GROUP = "notifyli";

/** A way in that is a stream of Redis. */
export type StreamWay = Extract<SharedWay, "stream" | "publications-stream">;

/** The `state` of a store that is moved here, and is not here whole. */
export const MOVE_BEGUN = "begun";

/** The locks of ways that are not named like the way. */
const LOCKS: Partial<Record<SharedWay, string>> = { publications: "bridge" };

export class RedisKeys {
  /** @param prefix of every name; the names of what all sites share have nothing else before them */
  constructor(readonly prefix: string) {}

  /** The prefix of one site's names. With that of the default site, names are exactly those of the base protocol. */
  of(site: string): string {
    return site === DEFAULT_SITE ? this.prefix : `${this.prefix}@${site}:`;
  }

  /** The pub/sub channel by which nodes hear the channel. */
  channel({ site, kind, name }: Channel): string {
    return `${this.of(site)}${kind}:${name}`;
  }

  /** The stream of a channel's history. */
  history({ site, kind, name }: Channel): string {
    return `${this.of(site)}history:${kind}:{${name}}`;
  }

  /** The offset and epoch of a user's publication, while the id that a client made for it is known. No id has a colon. */
  publicationId(channel: Channel, id: string, user: UserId): string {
    return `${this.publicationIdBefore(channel, id)}:${user}`;
  }

  /** The same before version 0.3, when an id was whoever's came first. */
  publicationIdBefore({ site, kind, name }: Channel, id: string): string {
    return `${this.of(site)}publication:${kind}:{${name}}:${id}`;
  }

  /** The hash of a channel's `epoch` and last `offset`. */
  position({ site, kind, name }: Channel): string {
    return `${this.of(site)}position:${kind}:{${name}}`;
  }

  /** The hash that says which incarnation of Redis this is: see `epoch.lua`. */
  get incarnation(): string {
    return `${this.prefix}incarnation`;
  }

  /** Names the SQLite file that has the database of a Redis whose nodes have no PostgreSQL. */
  get database(): string {
    return `${this.prefix}database`;
  }

  /** The hash that says of a store that is moved here which one it is, and how far that is: {@linkcode MOVE_BEGUN} until all is here. */
  get migration(): string {
    return `${this.prefix}migration`;
  }

  /** The sorted set of the living nodes' leases, by the Unix time in milliseconds at which they end. */
  get leases(): string {
    return `${this.prefix}leases`;
  }

  /**
   * The keys of a way in that one node at a time reads: who has the turn, and how far that way was read. Progress is the
   * number of a mark and of the payload after it, or the two numbers of an entry's id in a stream.
   */
  turn(way: SharedWay): [lock: string, progress: string] {
    return [`${this.prefix}${LOCKS[way] ?? way}`, `${this.prefix}${way}-progress`];
  }

  /** The stream that other systems add to. */
  stream(way: StreamWay): string {
    return this.prefix + (way === "stream" ? "notifications" : "publications:stream");
  }

  /** The set of what is swept when a lease has ended: what its node has in Redis only while it lives. */
  lease(lease: string): string {
    return `${this.prefix}lease:${lease}`;
  }
}
