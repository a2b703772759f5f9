/** Commands that wait for the server's answer, by their `ref`; `client.ts` sends them. */
import { NotifyliError } from "./errors.ts";
import type { Command, JsonObject, Reply } from "./frames.ts";
import type { Clock } from "./clock.ts";

/** What the parts of a client say to the server through. */
export interface Link {
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** The server knows who this is, so commands may be sent. */
  readonly online: boolean;
  /** Sends a command now. Nothing is answered when the connection ends before the server's answer. */
  request(command: Command, answer: (reply: Reply) => void): void;
  /** Sends a command now or when there is a connection, again where one broke, until it is answered. */
  enqueue(command: Command): Promise<JsonObject>;
}

/** A connection on which a command has no answer for so long is given up. */
const REPLY_DEADLINE_MS = 30_000;

export class Requests {
  /** Those who ask keep it bounded: the outbox has a limit of its own, each room asks one thing at a time. */
  readonly #pending = new Map<number, { answer: (reply: Reply) => void; cancel: () => void }>();
  readonly #clock: Clock;
  readonly #send: (text: string) => void;
  readonly #onSilence: (reason: string) => void;
  #lastRef = 0;

  constructor(clock: Clock, send: (text: string) => void, onSilence: (reason: string) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#onSilence = onSilence;
  }

  send(command: Command, answer: (reply: Reply) => void): void {
    const ref = ++this.#lastRef;
    const cancel = this.#clock.after(
      REPLY_DEADLINE_MS,
      () => this.#onSilence(`No answer to '${command.type}'`),
    );
    this.#pending.set(ref, { answer, cancel });
    this.#send(JSON.stringify({ ...command, ref }));
  }

  /** The server answered; a second answer changes nothing. */
  settle(ref: number, reply: Reply): void {
    const request = this.#pending.get(ref);
    if (request === undefined) return;
    this.#pending.delete(ref);
    request.cancel();
    request.answer(reply);
  }

  /** The connection is gone, and all answers with it. */
  clear(): void {
    for (const { cancel } of this.#pending.values()) cancel();
    this.#pending.clear();
  }
}

/** Reads the data of a reply; what is wrong with it is an error like one from the server. */
export function readReply<T>(reply: Reply, read: (data: JsonObject) => T): T | NotifyliError {
  if (!reply.success) return reply.error;
  try {
    return read(reply.data);
  } catch (error) {
    if (error instanceof NotifyliError) return error;
    throw error;
  }
}
