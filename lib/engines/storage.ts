/**
 * The storage of an engine. Each capability opens its own stores on it, and knows both kinds of storage; an engine knows
 * no capability.
 */
import type { FanOut } from "../core/broker.ts";
import type { Tabled } from "./database/tables.ts";
import type { Moving } from "./moving/move.ts";
import type { Functions } from "./redis/functions.ts";
import type { Lease } from "./redis/lease.ts";
import type { RedisLink } from "./redis/link.ts";
import type { Schema } from "./sqlite/migrations.ts";
import type { StoreClock } from "./sqlite/store_clock.ts";
import type { SqliteStore } from "./sqlite/store.ts";

/** What a capability's stores need in a storage: tables, or functions; and its tables in the database. */
export interface Stored extends Schema, Tabled, Moving {
  /** The capability's Lua. */
  readonly functions?: Functions;
}

export interface SqliteStorage {
  readonly kind: "sqlite";
  readonly store: SqliteStore;
  /** The time by which what is stored is too old. */
  readonly clock: StoreClock;
  /** Hands what a store has committed to this node, which is the only one. */
  readonly fanOut: FanOut;
}

export interface RedisStorage extends RedisLink {
  readonly kind: "redis";
  readonly lease: Lease;
  /**
   * Calls `hear` whenever both connections are made anew, before the node is told that it can restore what it lost: it
   * subscribes to what must be heard from then on without a gap. Those of several stores are called one after the other,
   * in the order in which they were given; if one rejects, all are called again a little later.
   */
  beforeRestored(hear: () => Promise<void>): void;
}

export type Storage = SqliteStorage | RedisStorage;
