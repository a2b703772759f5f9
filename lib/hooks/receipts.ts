/** What a webhook is told of receipts, and how. */
import { userIdOnWire } from "../base/fields.ts";
import { inSeconds } from "../base/times.ts";
import type { ReceiptEvent } from "../inbox/store/store.ts";
import type { Telling } from "./sender.ts";

export const RECEIPTS: Telling<ReceiptEvent> = {
  what: "receipts",
  endpoint: "the webhook",
  batchSize: 100,
  logSize: 100_000,
  bodyOf(events) {
    const receipts = events.map(({ id, user, room, state, at }) => (
      { id, user_id: userIdOnWire(user), room, state, at: inSeconds(at) }
    ));
    return JSON.stringify({ type: "receipts", receipts });
  },
};
