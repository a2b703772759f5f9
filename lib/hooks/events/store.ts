/** What is kept of events until applications are told of them, and what a store does with it. */
import type { AppEvent } from "./event.ts";

export interface EventStore {
  /** Appends an event to logs, in the order of the calls. Never rejects: what cannot be written now is written later. */
  append(logs: readonly string[], event: AppEvent): Promise<void>;
}
