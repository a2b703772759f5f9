/** Counts what retention drops from inboxes, and logs it: the first time at once, then summed up, however much it is. */
import { logFor } from "../base/log.ts";
import type { InboxCounters } from "./metrics.ts";
import type { Dropped } from "./retention.ts";

const log = logFor("inbox");

/** How often a line is logged at the most, since nobody reads one for each notification. */
const LOGGED_EVERY_MS = 10_000;

/** Most users that one line names. */
const MAX_NAMED = 3;

export class DroppedLog implements Disposable {
  readonly #counters: InboxCounters;
  #taken = 0;
  #queued = 0;
  readonly #users = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(counters: InboxCounters) {
    this.#counters = counters;
  }

  note({ user, taken, queued }: Dropped): void {
    this.#counters.droppedTaken.value += taken;
    this.#counters.droppedQueued.value += queued;
    this.#taken += taken;
    this.#queued += queued;
    this.#users.add(user);
    if (this.#timer === undefined) this.#write();
  }

  /** Logs what was not logged yet, and stops. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (this.#taken + this.#queued > 0) this.#write();
    clearTimeout(this.#timer);
  }

  #write(): void {
    const count = this.#taken + this.#queued;
    log[this.#queued > 0 ? "warn" : "info"](
      "{count} notifications were dropped, {queued} of them before any client got them: " +
        "inboxes were full or they were too old (users {users})",
      { count, queued: this.#queued, users: this.#named() },
    );
    this.#taken = this.#queued = 0;
    this.#users.clear();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#taken + this.#queued > 0) this.#write();
    }, LOGGED_EVERY_MS);
  }

  #named(): string {
    const named = [...this.#users].slice(0, MAX_NAMED).join(", ");
    const more = this.#users.size - MAX_NAMED;
    return more > 0 ? `${named} and ${more} more` : named;
  }
}
