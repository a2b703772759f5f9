/** Commands that wait for the server's answer, by their `ref`; `client.ts` sends them. */
import { NotifyliError } from "./errors.ts";
import type { Command, JsonObject, Reply } from "./frames.ts";
import type { Clock } from "./clock.ts";

export interface RequestOptions {
  /** Whether the command is not sent again where the server asks to wait: that is its answer then. @default false */
  readonly isOnce?: boolean;
}

/** What the parts of a client say to the server through. */
export interface Link {
  readonly clock: Clock;
  /** Returns a number from 0 to 1. */
  readonly random: () => number;
  /** The server knows who this is, so commands may be sent. */
  readonly online: boolean;
  /**
   * Sends a command now, or when the server takes commands again. Nothing is answered when the connection ends before the
   * server's answer.
   */
  request(command: Command, answer: (reply: Reply) => void, options?: RequestOptions): void;
  /**
   * Sends a command now or when there is a connection, again where one broke, until it is answered.
   *
   * @param read makes what the promise resolves with: it is called as the answer comes, before any frame that came after it
   */
  enqueue<T = JsonObject>(command: Command, read?: (data: JsonObject) => T): Promise<T>;
}

/**
 * A connection is given up where commands wait and none is answered for so long. A server that is far from its store
 * answers many of them one after the other: as long as answers come, it is at work.
 */
const SILENCE_MS = 30_000;

/** How long nothing is sent where the server asks to wait and does not say for how long. */
const DEFAULT_WAIT_MS = 1_000;

interface Request extends RequestOptions {
  /** Commands go out in this order, also those that have to go out again. */
  readonly order: number;
  readonly command: Command;
  readonly answer: (reply: Reply) => void;
}

export class Requests {
  /** Those who ask keep it bounded: the outbox has a limit of its own, each room asks one thing at a time. */
  readonly #pending = new Map<number, Request>();
  /** What goes out when the time is over that the server asked to wait. */
  #waiting: Request[] = [];
  readonly #clock: Clock;
  readonly #send: (text: string) => void;
  readonly #onSilence: (reason: string) => void;
  #lastRef = 0;
  #lastOrder = 0;
  #cancelSilence = () => {};
  /** Ends the time in which nothing is sent; `undefined` where there is none. */
  #cancelPause: (() => void) | undefined;

  constructor(clock: Clock, send: (text: string) => void, onSilence: (reason: string) => void) {
    this.#clock = clock;
    this.#send = send;
    this.#onSilence = onSilence;
  }

  /** Sends a command; where the server asks to wait (`rate_limited`), again after that, in its place, unless `isOnce`. */
  send(command: Command, answer: (reply: Reply) => void, options?: RequestOptions): void {
    const request = { order: ++this.#lastOrder, command, answer, ...options };
    if (this.#cancelPause === undefined) this.#dispatch(request);
    else this.#waiting.push(request);
  }

  /** The server answered; a second answer changes nothing. */
  settle(ref: number, reply: Reply): void {
    const request = this.#pending.get(ref);
    if (request === undefined) return;
    this.#pending.delete(ref);
    this.#watch();
    const isToWait = !reply.success && reply.error.code === "rate_limited" && !request.isOnce;
    if (!isToWait) return request.answer(reply);
    this.#waiting.push(request);
    this.#cancelPause ??= this.#clock.after(
      reply.error.retryAfterMs ?? DEFAULT_WAIT_MS,
      () => this.#goOn(),
    );
  }

  /** The connection is gone, and all answers with it. */
  clear(): void {
    this.#cancelSilence();
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#waiting = [];
    this.#pending.clear();
  }

  #dispatch(request: Request): void {
    const ref = ++this.#lastRef;
    this.#pending.set(ref, request);
    if (this.#pending.size === 1) this.#watch();
    this.#send(JSON.stringify({ ...request.command, ref }));
  }

  #goOn(): void {
    this.#cancelPause = undefined;
    const waiting = this.#waiting.sort((one, other) => one.order - other.order);
    this.#waiting = [];
    for (const request of waiting) this.#dispatch(request);
  }

  /** Waits for the next answer, where one is to come. */
  #watch(): void {
    this.#cancelSilence();
    if (this.#pending.size === 0) return;
    this.#cancelSilence = this.#clock.after(SILENCE_MS, () => {
      const [oldest] = this.#pending.values();
      this.#onSilence(`No answer to '${oldest?.command.type}'`);
    });
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
