/** What the stores of notifications in Redis share. */
import type { Redis } from "ioredis";
import type { Calls } from "../../engines/redis/functions.ts";
import type { Incarnation } from "../../engines/redis/incarnation.ts";
import type { FunctionLibrary } from "../../engines/redis/library.ts";
import type { Retention } from "../retention.ts";
import type { INBOX_FUNCTIONS } from "./functions.ts";
import type { InboxKeys } from "./redis_keys.ts";

export interface InboxParts {
  readonly redis: Redis;
  readonly keys: InboxKeys;
  readonly functions: Calls<typeof INBOX_FUNCTIONS>;
  /** The library that the functions are of. */
  readonly library: FunctionLibrary;
  /** Which incarnation of Redis the functions are called in. */
  readonly incarnation: Incarnation;
  readonly retention: Retention;
  /** Whether a log is kept of what is delivered and read. */
  keepsReceipts: boolean;
}
