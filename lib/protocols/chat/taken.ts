/**
 * What a connection of the chat protocol was given and has not taken yet. Where the listener can tell, the other end has to
 * prove that it has a message; otherwise the message is taken once nothing waits in the socket.
 */
import type { Connection } from "../../core/connection.ts";

/** How soon a socket is looked at after it was given something, and how often until it has taken that. */
const LOOK_AFTER_MS = 20;

/** The offset up to which messages of each conversation are meant, by the conversation's id. */
export type UpTo = ReadonlyMap<number, number>;

export class TakenMessages {
  readonly #connection: Connection;
  readonly #onTaken: (upTo: UpTo) => void;
  #given = new Map<number, number>();
  /** What a proof was asked for that has not come yet; `undefined` where none is under way. */
  #proving: UpTo | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: Connection, onTaken: (upTo: UpTo) => void) {
    this.#connection = connection;
    this.#onTaken = onTaken;
  }

  /** Whether the socket has a message that it has not taken yet. */
  has(
    { conversation, offset }: { readonly conversation: number; readonly offset: number },
  ): boolean {
    const upTo = this.#given.get(conversation) ?? this.#proving?.get(conversation) ?? 0;
    return offset <= upTo;
  }

  /** Notes that the socket was given a message. */
  note(conversation: number, offset: number): void {
    this.#given.set(conversation, offset);
    if (!this.#connection.canConfirm) this.#timer ??= setTimeout(() => this.#look(), LOOK_AFTER_MS);
    else if (this.#proving === undefined) {
      this.#proving = new Map(); // what is given in the same turn is proved together
      queueMicrotask(() => this.#prove());
    }
  }

  /** Before the server closes the connection: its closing handshake still tells what was taken. */
  finish(): void {
    if (this.#connection.canConfirm) this.#prove();
    else if (this.#connection.bufferedAmount === 0) this.#taken(this.#takeGiven());
  }

  /** The connection is gone. */
  close(): void {
    clearTimeout(this.#timer);
    this.#given.clear();
  }

  /** @param wasEmpty whether nothing waited a turn of the event loop ago */
  #look(wasEmpty = false): void {
    this.#timer = undefined;
    if (this.#connection.closed) return;
    const isEmpty = this.#connection.bufferedAmount === 0;
    if (wasEmpty && isEmpty) return this.#taken(this.#takeGiven());
    // The end of the connection may have come before what it was given, and be about to be told.
    this.#timer = setTimeout(() => this.#look(isEmpty), isEmpty ? 0 : LOOK_AFTER_MS);
  }

  /** Asks for a proof of all that was given so far. What is given meanwhile waits for the next one. */
  #prove(): void {
    const given = this.#takeGiven();
    this.#proving = given.size === 0 ? undefined : given;
    if (given.size === 0) return;
    this.#connection.confirm((isTaken) => {
      this.#proving = undefined;
      if (!isTaken) return; // it comes again with the next connection
      this.#taken(given);
      this.#prove();
    });
  }

  #takeGiven(): UpTo {
    const given = this.#given;
    this.#given = new Map();
    return given;
  }

  #taken(upTo: UpTo): void {
    if (upTo.size > 0) this.#onTaken(upTo);
  }
}
