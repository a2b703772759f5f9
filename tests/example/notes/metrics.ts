/** What is counted of notes. */
import { Counter } from "../../../lib/core/metrics.ts";

export type NoteCounters = ReturnType<typeof noteCounters>;

export function noteCounters() {
  return { kept: new Counter("notes_kept", "Notes that were kept.") };
}
