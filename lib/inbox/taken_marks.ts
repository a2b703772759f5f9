/**
 * Marks notifications as sent once the socket they were given to has taken them, or as delivered where the other end
 * has proved that it did. What was not taken when the connection ends stays queued, and comes with the next one.
 */
import type { Connection } from "../core/connection.ts";
import type { Inbox, Taken } from "./store/store.ts";
import type { UserId } from "../base/fields.ts";

/** How soon a socket is looked at after it was given something, and again while it has not taken it. */
const LOOK_AFTER_MS = 20;

/** Marks that could not be written are tried again; past so many, the oldest are given up. */
const MAX_UNWRITTEN = 10_000;

interface Mark {
  readonly site: string;
  readonly user: UserId;
  readonly ids: readonly string[];
  readonly state: Taken;
}

export class TakenMarks {
  readonly #inbox: Inbox;
  readonly #onFailure: () => void;
  /** Clients whose sockets hold notifications. */
  readonly #clients = new Set<Connection>();
  readonly #writing = new Set<Promise<void>>();
  #unwritten: Mark[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onFailure marks could not be written; `flush` tries again */
  constructor(inbox: Inbox, onFailure: () => void) {
    this.#inbox = inbox;
    this.#onFailure = onFailure;
  }

  /** The client was given notifications. */
  note(client: Connection): void {
    this.#clients.add(client);
    this.#timer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS);
  }

  /** The client is gone. */
  forget(client: Connection): void {
    this.#clients.delete(client);
  }

  /** Writes that a client's other end has these. */
  write(mark: Mark): void {
    const writing = this.#write(mark).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Writes what can be written now, and what could not be written before. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    for (const mark of unwritten) this.write(mark);
    this.#look();
    await Promise.all(this.#writing);
  }

  #look(): void {
    this.#timer = undefined;
    for (const client of this.#clients) {
      const ids = client.notifications.takeHanded();
      if (client.closed || !client.notifications.hasHanded) this.#clients.delete(client);
      if (ids.length > 0) client.node.noteTaken(client, ids, "sent");
    }
    if (this.#clients.size > 0) this.#timer = setTimeout(() => this.#look(), LOOK_AFTER_MS);
  }

  async #write(mark: Mark): Promise<void> {
    try {
      await this.#inbox.mark(mark.site, mark.user, mark.state, mark.ids);
    } catch {
      if (this.#unwritten.push(mark) > MAX_UNWRITTEN) this.#unwritten.shift();
      this.#onFailure();
    }
  }
}
