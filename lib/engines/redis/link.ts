/** Two connections to one Redis, and what goes by them: what every store in Redis works on. */
import type { Redis } from "ioredis";
import type { RedisKeys } from "./keys.ts";
import type { FunctionLibrary } from "./library.ts";

export interface RedisLink {
  readonly redis: Redis;
  /** Hears what is published; nothing else can be asked on it. */
  readonly subscriber: Redis;
  readonly keys: RedisKeys;
  /** On `redis`. */
  readonly functions: FunctionLibrary;
}
