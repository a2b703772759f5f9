/**
 * The engine of one node without Redis: rooms and presence in memory, notifications and what is persistent in one
 * SQLite file.
 */
import type { Engine, EngineHandler } from "./engine.ts";
import { EmbeddedBroker } from "./embedded_broker.ts";
import { type HistoryLimit, MemoryBroker } from "./memory/broker.ts";
import { MemoryPresence } from "../rooms/store/memory.ts";
import type { Retention } from "../inbox/retention.ts";
import type { SyncMode } from "./sqlite/disk_sync.ts";
import { SqliteArrivals } from "../inbox/store/sqlite_arrivals.ts";
import { SqliteHistory } from "./sqlite/history.ts";
import { SqliteInbox } from "../inbox/store/sqlite_inbox.ts";
import { SqliteInboxStatements } from "../inbox/store/sqlite_inbox_statements.ts";
import { SqliteApiKeys } from "../auth/keys/sqlite.ts";
import { SqliteReceipts } from "../inbox/store/sqlite_receipts.ts";
import { SqliteRevocations } from "../auth/revocations/sqlite.ts";
import { SqliteSchedule } from "../inbox/store/sqlite_schedule.ts";
import { SqliteStore } from "./sqlite/store.ts";

export interface EmbeddedOptions {
  /** Folder of the SQLite file, made where it is missing; `:memory:` keeps it in memory. */
  readonly dataDir: string;
  readonly retention: Retention;
  /** When what is accepted must be on the disk. @default "always" */
  readonly sync?: SyncMode;
  /**
   * Whether a log is kept of what is delivered and read.
   * @default false
   */
  readonly keepsReceipts?: boolean;
  /**
   * Of what is kept in memory.
   * @default no limit
   */
  readonly historyLimit?: HistoryLimit;
}

const NO_LIMIT: HistoryLimit = { bytes: Infinity, onForgotten() {} };

/** Opens the store. Throws where the folder cannot be written. */
export function openEmbedded(options: EmbeddedOptions): Engine {
  let handler: EngineHandler | undefined;
  const fanOut: EngineHandler["handlePublication"] = (channel, publication, position) =>
    handler?.handlePublication(channel, publication, position);
  const store = new SqliteStore(options.dataDir, options.sync ?? "always");
  const history = new SqliteHistory(store, fanOut);
  const sql = new SqliteInboxStatements(store);
  const arrivals = new SqliteArrivals(sql, options.retention, fanOut);
  const inbox = new SqliteInbox(store, arrivals, options.retention);
  return {
    name: "embedded",
    broker: new EmbeddedBroker(new MemoryBroker(fanOut, options.historyLimit ?? NO_LIMIT), history),
    presence: new MemoryPresence(),
    inbox,
    receipts: options.keepsReceipts ? new SqliteReceipts(store) : undefined,
    schedule: new SqliteSchedule(store, arrivals),
    apiKeys: new SqliteApiKeys(store),
    revocations: new SqliteRevocations(store, (change) => handler?.handleAccess(change)),
    run(given) {
      handler = given;
      return Promise.resolve();
    },
    unready: () => store.unready(),
    async [Symbol.asyncDispose]() {
      handler = undefined;
      inbox[Symbol.dispose]();
      history[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}
