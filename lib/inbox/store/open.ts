/** Opens what keeps notifications on whichever storage there is. */
import type { Storage } from "../../engines/storage.ts";
import type { Retention } from "../retention.ts";
import { openOnSqlite } from "./sqlite.ts";
import type { Inbox, ReceiptLog, Schedule } from "./store.ts";

export interface InboxStoreOptions {
  readonly retention: Retention;
  /**
   * Whether a log is kept of what is delivered and read.
   * @default false
   */
  readonly keepsReceipts?: boolean;
}

/** To be disposed of before the storage is closed. */
export interface InboxStores extends Disposable {
  readonly inbox: Inbox;
  readonly schedule: Schedule;
  /** Present where the log is kept. */
  readonly receipts?: ReceiptLog;
}

export async function openInboxStores(
  storage: Storage,
  options: InboxStoreOptions,
): Promise<InboxStores> {
  if (storage.kind === "sqlite") return openOnSqlite(storage, options);
  const { openOnRedis } = await import("./redis.ts");
  return openOnRedis(storage, options);
}
