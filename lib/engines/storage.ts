/**
 * What an engine keeps things in. Each capability opens its own stores on it, and knows both kinds; an engine knows no
 * capability.
 */
import type { FanOut } from "../core/broker.ts";
import type { Functions } from "./redis/functions.ts";
import type { Lease } from "./redis/lease.ts";
import type { RedisLink } from "./redis/link.ts";
import type { Schema } from "./sqlite/migrations.ts";
import type { SqliteStore } from "./sqlite/store.ts";

/** What a capability brings to the storage that it will open its stores on. */
export interface Stored extends Schema {
  /** Its Lua. */
  readonly functions?: Functions;
}

export interface SqliteStorage {
  readonly kind: "sqlite";
  readonly store: SqliteStore;
  /** For what a store has committed: hands it to this node, the only one. */
  readonly fanOut: FanOut;
}

export interface RedisStorage extends RedisLink {
  readonly kind: "redis";
  readonly lease: Lease;
  /**
   * Has `hear` called whenever the two connections stand anew, before the node is told that it can restore what it lost:
   * for what must be heard from then on without a gap. All are called one after the other, in the order in which they
   * were given; where one rejects, all are called again a little later.
   */
  beforeRestored(hear: () => Promise<void>): void;
}

export type Storage = SqliteStorage | RedisStorage;
