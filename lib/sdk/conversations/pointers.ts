/**
 * Tells the server how far the user has read, and what has come to this device: the newest of each conversation at the end of a
 * tick, again after each break, until the server has answered.
 */
import { NotifyliError } from "../core/errors.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import { readSeen, type Seen } from "./wire.ts";

/** Questions on their way at once: after a long outage there may be one for each conversation. */
const IN_FLIGHT_LIMIT = 20;

interface Wanted {
  readonly conversation: number;
  readonly state: "read" | "delivered";
  offset: number;
  isInFlight: boolean;
}

export class Pointers {
  readonly #link: Link;
  /** What the server has not answered for; one of each state a conversation. */
  readonly #wanted = new Map<string, Wanted>();
  readonly #onSeen: (conversation: number, seen: Seen) => void;
  readonly #retry: Retry;
  #cancel: (() => void) | undefined;
  #inFlight = 0;

  /** @param onSeen the server says how far the user is now */
  constructor(link: Link, onSeen: (conversation: number, seen: Seen) => void) {
    this.#link = link;
    this.#onSeen = onSeen;
    this.#retry = new Retry(link);
  }

  /** The server does not know yet how far the user has read. */
  get isReading(): boolean {
    return [...this.#wanted.values()].some(({ state }) => state === "read");
  }

  tell(conversation: number, state: Wanted["state"], offset: number): void {
    const key = `${state} ${conversation}`;
    const wanted = this.#wanted.get(key);
    if (wanted !== undefined) wanted.offset = Math.max(wanted.offset, offset);
    else this.#wanted.set(key, { conversation, state, offset, isInFlight: false });
    this.schedule();
  }

  /** Sends what waits at the end of this tick. */
  schedule(): void {
    this.#cancel ??= this.#link.clock.after(0, () => this.#flush());
  }

  interrupt(): void {
    this.#inFlight = 0;
    for (const wanted of this.#wanted.values()) wanted.isInFlight = false;
    this.#retry.reset();
  }

  /** Sends what waits, and nothing after that. */
  close(): void {
    this.#flush();
    this.#cancel?.();
    this.#retry.reset();
    this.#wanted.clear();
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [key, wanted] of this.#wanted) {
      if (!this.#link.online || this.#inFlight >= IN_FLIGHT_LIMIT) return;
      if (!wanted.isInFlight) this.#send(key, wanted);
    }
  }

  #send(key: string, wanted: Wanted): void {
    const { conversation, state, offset } = wanted;
    wanted.isInFlight = true;
    this.#inFlight++;
    const which = state === "read" ? {} : { state };
    this.#link.request({ type: "seen", conversation, offset, ...which }, (reply) => {
      this.#inFlight--;
      wanted.isInFlight = false;
      const seen = readReply(reply, readSeen);
      if (seen instanceof NotifyliError && seen.temporary) {
        return this.#retry.later(() => this.#flush());
      }
      this.#retry.reset();
      // The user may have read on meanwhile. Where the server refused, the user is not in the conversation any more.
      if (wanted.offset <= offset || seen instanceof NotifyliError) this.#wanted.delete(key);
      if (!(seen instanceof NotifyliError)) this.#onSeen(conversation, seen);
      this.#flush();
    });
  }
}
