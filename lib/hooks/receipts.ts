/** What a webhook is told of receipts, and how. */
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { ReceiptEvent } from "../inbox/store/store.ts";
import type { Telling } from "./sender.ts";

/** Most receipts in one request. */
const BATCH_SIZE = 100;
/** Most receipts that may wait; past so many the oldest are dropped. */
const LOG_SIZE = 100_000;

export const RECEIPTS: Telling<ReceiptEvent> = {
  what: "receipts",
  endpoint: "the webhook",
  batchSize: BATCH_SIZE,
  logSize: LOG_SIZE,
  bodyOf(events) {
    const receipts = events.map(({ id, user, room, state, at }) => (
      { id, user_id: userIdOnWire(user), room, state, at: inSeconds(at) }
    ));
    return JSON.stringify({ type: "receipts", receipts });
  },
};
