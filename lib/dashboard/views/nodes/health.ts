/** How a node is, in a word. */
import type { Node } from "../../api/shapes.ts";
import type { Tone } from "../../kit/Pill.tsx";

/** A loop that is so late makes everybody wait. */
const LATE_MS = 100;

export function healthOf({ ready, reason = "", loop_lag_ms }: Node): { tone: Tone; word: string } {
  if (!ready) {
    return reason.startsWith("silent")
      ? { tone: "bad", word: "Silent" }
      : { tone: "warn", word: "Not ready" };
  }
  return loop_lag_ms.p99 > LATE_MS
    ? { tone: "warn", word: "Busy" }
    : { tone: "good", word: "Healthy" };
}
