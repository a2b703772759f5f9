/**
 * Marks notifications as sent once the socket that they were given to has taken them, or as delivered where the other end
 * has proved that it has them. What was not taken when a connection ends stays queued, and comes with the next one.
 */
import { isRefusedAlone } from "../base/errors.ts";
import { inSlices } from "../base/slices.ts";
import { UnderWay } from "../base/under_way.ts";
import type { Connection } from "../core/connection.ts";
import type { ConnectionInbox, InboxOwner, Marks } from "./connection_inbox.ts";
import type { StepRecord } from "./steps.ts";
import type { Inbox, Mark, Taken } from "./store/store.ts";

/** How soon a socket is looked at after it was given something, and how often until it has taken that. */
const LOOK_AFTER_MS = 20;

/** Most marks that could not be written and are tried again; past so many, the oldest are given up. */
const MAX_UNWRITTEN = 10_000;
/** How many of these are tried at once. */
const REWRITTEN_AT_ONCE = 200;

export class TakenMarks implements Marks {
  readonly #inbox: Inbox;
  readonly #steps: StepRecord;
  readonly #onFailure: () => void;
  /** The inboxes of connections whose sockets hold notifications; a new set after each look, for the reason that `UnderWay` has. */
  #inboxes = new Set<ConnectionInbox>();
  readonly #writing = new UnderWay();
  #unwritten: Mark[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onFailure is called where marks could not be written; `flush` tries again */
  constructor(inbox: Inbox, steps: StepRecord, onFailure: () => void) {
    this.#inbox = inbox;
    this.#steps = steps;
    this.#onFailure = onFailure;
  }

  given({ site, user, id: connection }: Connection, id: string): void {
    if (user !== undefined) this.#steps.note("sent", { site, user, id }, { connection });
  }

  note(inbox: ConnectionInbox): void {
    this.#inboxes.add(inbox);
    this.#timer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS);
  }

  /** The inbox's connection is gone. */
  forget(inbox: ConnectionInbox): void {
    this.#inboxes.delete(inbox);
  }

  taken({ site, user }: InboxOwner, ids: readonly string[], how: Taken): void {
    if (user === undefined) return;
    if (how === "delivered") {
      for (const id of ids) this.#steps.note("acknowledged", { site, user, id });
    }
    this.write({ site, user, ids, state: how });
  }

  /** Stores that a user has notifications. */
  write(mark: Mark): void {
    void this.#writing.note(this.#write(mark));
  }

  /** Stores what can be stored now, and what could not be stored before. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    await inSlices(unwritten, (mark) => this.#write(mark), { atOnce: REWRITTEN_AT_ONCE });
    this.#look();
    await this.#writing.settled();
  }

  #look(): void {
    this.#timer = undefined;
    const inboxes = this.#inboxes;
    this.#inboxes = new Set();
    for (const inbox of inboxes) {
      const ids = inbox.takeHanded();
      if (!inbox.connection.closed && inbox.hasHanded) this.#inboxes.add(inbox);
      if (ids.length > 0) this.taken(inbox.connection, ids, "sent");
    }
    if (this.#inboxes.size > 0) this.#timer = setTimeout(() => this.#look(), LOOK_AFTER_MS);
  }

  async #write(mark: Mark): Promise<void> {
    try {
      await this.#inbox.mark(mark.site, mark.user, mark.state, mark.ids);
    } catch (error) {
      if (isRefusedAlone(error)) return; // a broken inbox takes no mark the next time either
      if (this.#unwritten.push(mark) > MAX_UNWRITTEN) this.#unwritten.shift();
      this.#onFailure();
    }
  }
}
