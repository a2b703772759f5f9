/** What is counted of rooms. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

/** Counts what is refused with the codes of rooms. */
export function roomRefusals(): RefusalCounters {
  return {
    too_many_rooms: new Counter(
      "refused_rooms",
      "Frames of clients that were in as many rooms as one may be in, and rooms that a site may not make more of.",
    ),
    room_full: new Counter(
      "refused_full",
      "Frames for rooms that had as many clients as they may have.",
    ),
  };
}
