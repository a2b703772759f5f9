/**
 * Commands that must reach the server: they wait while there is no connection, and are sent again where one
 * broke, in the order they were given, until the server has answered. All of them may be sent twice: a publication
 * has an id by which the server knows it.
 */
import { NotifyliError } from "./errors.ts";
import type { Command, JsonObject, Reply } from "./frames.ts";

/** When it is full, `add()` rejects with `queue_full`: nothing that was taken is dropped. */
const QUEUE_LIMIT = 1_000;

/** Commands on their way at once: after a long outage the queue must not look like a flood. */
const IN_FLIGHT_LIMIT = 20;

/** A command that ends the connection each time must not be sent for ever. */
const MAX_TRIES = 5;

/** After so many tries a command is sent alone: it may be the one that ends the connection. */
const SUSPECT_TRIES = 2;

interface Entry {
  readonly command: Command;
  readonly answered: (data: JsonObject) => void;
  readonly reject: (error: NotifyliError) => void;
  tries: number;
  inFlight: boolean;
}

interface OutboxLink {
  readonly online: boolean;
  request(command: Command, answer: (reply: Reply) => void): void;
}

export class Outbox {
  readonly #link: OutboxLink;
  readonly #entries = new Set<Entry>();
  #inFlight = 0;

  constructor(link: OutboxLink) {
    this.#link = link;
  }

  /** Resolves with what `read` makes of the server's reply, or its data; rejects with its error, or one of `rejectAll()`. */
  add<T = JsonObject>(command: Command, read = (data: JsonObject) => data as T): Promise<T> {
    if (this.#entries.size >= QUEUE_LIMIT) {
      const message = `Cannot send '${command.type}': ${QUEUE_LIMIT} commands are waiting already`;
      return Promise.reject(new NotifyliError("queue_full", message));
    }
    const { promise, resolve, reject } = deferred<T>();
    const answered = (data: JsonObject) => {
      try {
        resolve(read(data));
      } catch (error) {
        reject(error);
      }
    };
    this.#entries.add({ command, answered, reject, tries: 0, inFlight: false });
    this.flush();
    return promise;
  }

  /** Sends what waits, as far as the limit of commands in flight allows. */
  flush(): void {
    for (const entry of this.#entries) {
      if (!this.#link.online || this.#inFlight >= this.#limit()) return;
      if (!entry.inFlight) this.#send(entry);
    }
  }

  /** The connection is gone: what was on its way is sent again, unless that was tried too often. */
  interrupt(): void {
    this.#inFlight = 0;
    for (const entry of this.#entries) {
      entry.inFlight = false;
      if (entry.tries < MAX_TRIES) continue;
      this.#entries.delete(entry);
      const message =
        `The connection broke each of ${MAX_TRIES} times '${entry.command.type}' was sent`;
      entry.reject(new NotifyliError("not_confirmed", message));
    }
  }

  rejectAll(error: NotifyliError): void {
    for (const { reject } of this.#entries) reject(error);
    this.#entries.clear();
    this.#inFlight = 0;
  }

  #limit(): number {
    const [head] = this.#entries;
    const earlierTries = head === undefined ? 0 : head.tries - Number(head.inFlight);
    return earlierTries >= SUSPECT_TRIES ? 1 : IN_FLIGHT_LIMIT;
  }

  #send(entry: Entry): void {
    entry.tries++;
    entry.inFlight = true;
    this.#inFlight++;
    this.#link.request(entry.command, (reply) => {
      if (!this.#entries.has(entry)) return;
      this.#inFlight--;
      this.#entries.delete(entry);
      if (reply.success) entry.answered(reply.data);
      else entry.reject(reply.error);
      this.flush();
    });
  }
}

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => void (resolve = yes, reject = no));
  return { promise, resolve, reject };
}
