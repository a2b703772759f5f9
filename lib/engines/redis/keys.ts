/**
 * The naming scheme of everything in Redis, and the names of the kernel; each capability has its own names in its folder.
 * `docs/redis.md` lists them all for users.
 */
import type { Channel } from "../../core/channel.ts";
import { DEFAULT_SITE } from "../../base/site.ts";

export class RedisKeys {
  /** @param prefix of every name; what all sites share has nothing but this before it */
  constructor(readonly prefix: string) {}

  /** What the names of one site begin with; those of the default site are the base protocol's, to the letter. */
  of(site: string): string {
    return site === DEFAULT_SITE ? this.prefix : `${this.prefix}@${site}:`;
  }

  /** Pub/sub channel between nodes. */
  channel({ site, kind, name }: Channel): string {
    return `${this.of(site)}${kind}:${name}`;
  }

  /** Stream of a channel's history. */
  history({ site, kind, name }: Channel): string {
    return `${this.of(site)}history:${kind}:{${name}}`;
  }

  /** The offset of a publication, while the id that a client made for it is known. */
  publicationId({ site, kind, name }: Channel, id: string): string {
    return `${this.of(site)}publication:${kind}:{${name}}:${id}`;
  }

  /** Hash of `epoch` and `offset` of a channel's history. */
  position({ site, kind, name }: Channel): string {
    return `${this.of(site)}position:${kind}:{${name}}`;
  }

  /** Sorted set of the living nodes' leases, by the Unix time in milliseconds they end. */
  get leases(): string {
    return `${this.prefix}leases`;
  }

  /** Set of what a lease's node has in Redis only while it lives, to be swept when the lease has ended. */
  lease(lease: string): string {
    return `${this.prefix}lease:${lease}`;
  }
}
