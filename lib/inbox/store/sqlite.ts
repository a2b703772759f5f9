/** Opens the stores of notifications in SQLite, and lists the migrations of their tables. */
import { every } from "../../core/task.ts";
import type { Migration } from "../../engines/sqlite/migrations.ts";
import type { SqliteStorage } from "../../engines/storage.ts";
import NOTIFICATIONS from "./1_notifications.sql" with { type: "text" };
import INBOXES from "./2_inboxes.sql" with { type: "text" };
import RECEIPTS from "./3_receipts.sql" with { type: "text" };
import SCHEDULED from "./4_scheduled.sql" with { type: "text" };
import FEWER_INDEXES from "./5_fewer_indexes.sql" with { type: "text" };
import EPOCHS from "./6_epochs.sql" with { type: "text" };
import PUBLICATIONS from "./7_publications.sql" with { type: "text" };
import BYTES from "./8_bytes.sql" with { type: "text" };
import REFUSED from "./9_refused.sql" with { type: "text" };
import SCHEDULED_BYTES from "./11_scheduled_bytes.sql" with { type: "text" };
import PAST from "./10_past.sql" with { type: "text" };
import SNOOZED from "./12_snoozed.sql" with { type: "text" };
import GROUPS from "./13_groups.sql" with { type: "text" };
import type { Retention } from "../retention.ts";
import type { InboxStores } from "./store.ts";
import { SqliteArrivals } from "./sqlite_arrivals.ts";
import { SqliteInbox } from "./sqlite_inbox.ts";
import { SqliteInboxStatements } from "./sqlite_inbox_statements.ts";
import { SqliteReceipts } from "./sqlite_receipts.ts";
import { SqliteRefused } from "./sqlite_refused.ts";
import { SqliteSchedule } from "./sqlite_schedule.ts";
import { SqliteSnoozes } from "./sqlite_snoozes.ts";
import { SqliteSweep } from "./sqlite_sweep.ts";
import { SqliteUserStore } from "./sqlite_user.ts";

/** How often the inboxes are looked through for what has expired or is too old. */
const SWEEP_INTERVAL_MS = 60_000;

export const INBOX_SQL: readonly Migration[] = [
  { name: "notifications", sql: NOTIFICATIONS },
  { name: "inboxes", sql: INBOXES },
  { name: "receipts", sql: RECEIPTS },
  { name: "scheduled", sql: SCHEDULED },
  { name: "fewer_indexes", sql: FEWER_INDEXES },
  { name: "epochs", sql: EPOCHS },
  { name: "publications", sql: PUBLICATIONS },
  { name: "bytes", sql: BYTES },
  { name: "refused", sql: REFUSED },
  { name: "past", sql: PAST },
  { name: "scheduled_bytes", sql: SCHEDULED_BYTES },
  { name: "snoozed", sql: SNOOZED },
  { name: "groups", sql: GROUPS },
];

export function openOnSqlite(
  { store, clock, fanOut }: SqliteStorage,
  retention: Retention,
): InboxStores {
  const arrivals = new SqliteArrivals(new SqliteInboxStatements(store), retention, fanOut);
  const sweep = new SqliteSweep({ store, clock, arrivals, retention });
  const schedule = new SqliteSchedule(store, arrivals, retention.bytes);
  return {
    inbox: new SqliteInbox(store, arrivals),
    schedule,
    snoozes: new SqliteSnoozes(store, arrivals, schedule),
    users: new SqliteUserStore(store),
    refused: new SqliteRefused(store),
    keepReceipts: () => new SqliteReceipts(store),
    tasks: [every("sweep of inboxes", SWEEP_INTERVAL_MS, (signal) => sweep.sweep(signal))],
  };
}
