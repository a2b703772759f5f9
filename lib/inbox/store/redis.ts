/** Opens the stores of notifications in Redis: each user has a few keys, and all users share some. */
import type { RedisStorage } from "../../engines/storage.ts";
import { INBOX_FUNCTIONS } from "./functions.ts";
import type { Retention } from "../retention.ts";
import type { InboxStores } from "./store.ts";
import { RedisInbox } from "./redis_inbox.ts";
import { InboxKeys } from "./redis_keys.ts";
import type { InboxParts } from "./redis_parts.ts";
import { RedisReceipts } from "./redis_receipts.ts";
import { RedisRefused } from "./redis_refused.ts";
import { RedisSchedule } from "./redis_schedule.ts";
import { RedisSnoozes } from "./redis_snoozes.ts";
import { RedisUserStore } from "./redis_user.ts";

export function openOnRedis(
  { redis, keys, functions: library, incarnation }: RedisStorage,
  retention: Retention,
): InboxStores {
  const functions = library.calls(INBOX_FUNCTIONS);
  const parts: InboxParts = {
    redis,
    keys: new InboxKeys(keys),
    functions,
    library,
    incarnation,
    retention,
    keepsReceipts: false,
  };
  const schedule = new RedisSchedule(parts);
  return {
    inbox: new RedisInbox(parts),
    schedule,
    snoozes: new RedisSnoozes(parts, schedule),
    users: new RedisUserStore(parts),
    refused: new RedisRefused(parts),
    keepReceipts() {
      parts.keepsReceipts = true;
      return new RedisReceipts(parts);
    },
    tasks: [], // what is too old ends in Redis by itself
  };
}
