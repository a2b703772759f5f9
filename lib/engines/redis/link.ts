/** What every store in Redis works on: two connections to one Redis, the names in it, and the functions. */
import type { Redis } from "ioredis";
import type { Incarnation } from "./incarnation.ts";
import type { RedisKeys } from "./keys.ts";
import type { KeyTypes } from "./key_types.ts";
import type { FunctionLibrary } from "./library.ts";

export interface RedisLink {
  readonly redis: Redis;
  /** The connection that hears what is published. Redis takes no other commands on it. */
  readonly subscriber: Redis;
  readonly keys: RedisKeys;
  /** The types that the keys have to have. */
  readonly types: KeyTypes;
  /** The Lua functions, which are called on `redis`. */
  readonly functions: FunctionLibrary;
  /** Which incarnation of Redis `redis` leads to. */
  readonly incarnation: Incarnation;
}
