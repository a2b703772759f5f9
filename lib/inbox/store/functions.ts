/** The Lua of inboxes, of their schedule and of their receipts: each function is one step in Redis. */
import CALLERS_ID from "./callers_id.lua" with { type: "text" };
import INBOX from "./inbox.lua" with { type: "text" };
import INBOX_APPEND from "./inbox_append.lua" with { type: "text" };
import INBOX_ARRIVAL from "./inbox_arrival.lua" with { type: "text" };
import INBOX_CHANGE from "./inbox_change.lua" with { type: "text" };
import INBOX_COUNTS from "./inbox_counts.lua" with { type: "text" };
import INBOX_EDIT from "./inbox_edit.lua" with { type: "text" };
import INBOX_FIND from "./inbox_find.lua" with { type: "text" };
import INBOX_MARK from "./inbox_mark.lua" with { type: "text" };
import INBOX_READ from "./inbox_read.lua" with { type: "text" };
import INBOX_TAKEN from "./inbox_taken.lua" with { type: "text" };
import INBOX_SNOOZE from "./inbox_snooze.lua" with { type: "text" };
import RECEIPTS_BATCH from "./receipts_batch.lua" with { type: "text" };
import RECEIPTS_HOLD from "./receipts_hold.lua" with { type: "text" };
import RECEIPTS_REMOVE from "./receipts_remove.lua" with { type: "text" };
import SCHEDULE_ADD from "./schedule_add.lua" with { type: "text" };
import SCHEDULE_CANCEL from "./schedule_cancel.lua" with { type: "text" };
import SCHEDULE_DUE from "./schedule_due.lua" with { type: "text" };
import SCHEDULE_EDIT from "./schedule_edit.lua" with { type: "text" };
import SCHEDULE_PUT from "./schedule_put.lua" with { type: "text" };
import SCHEDULE_RELEASE from "./schedule_release.lua" with { type: "text" };
import SCHEDULE_TAKE from "./schedule_take.lua" with { type: "text" };
import { ALLOW_OOM, type Functions, lua, question } from "../../engines/redis/functions.ts";
import { EPOCHS, TURN_CLAIM } from "../../engines/redis/kernel_functions.ts";

const ARRIVAL = CALLERS_ID + EPOCHS + INBOX + INBOX_ARRIVAL;

export const INBOX_FUNCTIONS = {
  append: lua(ARRIVAL + TURN_CLAIM + INBOX_APPEND),
  change: lua(INBOX + INBOX_MARK + INBOX_CHANGE),
  counts: question(INBOX + INBOX_COUNTS, ALLOW_OOM),
  /** The same function, for a change that also a full Redis can make. */
  delete: lua(INBOX + INBOX_MARK + INBOX_CHANGE, ALLOW_OOM),
  edit: lua(ARRIVAL + INBOX_EDIT),
  find: question(INBOX + INBOX_FIND, ALLOW_OOM),
  read: question(EPOCHS + INBOX + INBOX_READ, ALLOW_OOM),
  taken: lua(INBOX + INBOX_MARK + INBOX_TAKEN),
  snooze: lua(ARRIVAL + SCHEDULE_PUT + INBOX_SNOOZE),
  receiptsBatch: lua(RECEIPTS_BATCH),
  receiptsHold: lua(RECEIPTS_HOLD),
  receiptsRemove: lua(RECEIPTS_REMOVE, ALLOW_OOM),
  scheduleAdd: lua(ARRIVAL + SCHEDULE_PUT + TURN_CLAIM + SCHEDULE_ADD),
  scheduleCancel: lua(CALLERS_ID + SCHEDULE_TAKE + SCHEDULE_CANCEL, ALLOW_OOM),
  scheduleDue: question(SCHEDULE_DUE, ALLOW_OOM),
  scheduleEdit: lua(CALLERS_ID + SCHEDULE_TAKE + SCHEDULE_EDIT),
  scheduleRelease: lua(ARRIVAL + SCHEDULE_TAKE + SCHEDULE_RELEASE),
} satisfies Functions;
