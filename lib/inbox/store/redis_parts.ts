/** What the stores of notifications in Redis share. */
import type { Redis } from "ioredis";
import type { Calls } from "../../engines/redis/functions.ts";
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
  readonly retention: Retention;
  /** Whether a log is kept of what is delivered and read. */
  keepsReceipts: boolean;
}
