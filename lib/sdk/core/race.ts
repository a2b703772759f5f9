/**
 * A connection to the first of several servers that answers: while one is silent, the next is tried beside it. The server
 * whose first text comes first is kept, and all others are closed before that text is handed on, so that there is one
 * session. `server_connection.ts` starts a race for each connection.
 */
import { mayReconnect } from "../../base/close_codes.ts";
import { hopMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import {
  CONNECTION_LOST,
  type OpenTransport,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** How long a server may be silent until the next one is tried beside it: longer than a far server takes. */
const NEXT_AFTER_MS = 1_500;

/** How long a server may take until it is given up. */
const HANDSHAKE_DEADLINE_MS = 15_000;

export interface RaceOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly openTransport: OpenTransport;
}

interface RaceEvents extends TransportEvents {
  /** The first connection stands: what is sent now goes to each server until one answers, and must change nothing there. */
  opened(): void;
  /** One more server is tried. */
  alsoTrying(url: string): void;
  /** The server at this place of the list is kept. What it says follows. */
  chosen(index: number): void;
}

/** One server that is tried. */
interface Runner {
  readonly index: number;
  readonly transport: Transport;
  isOpen: boolean;
  cancelDeadline: () => void;
}

export class Race implements Transport {
  readonly #urls: readonly string[];
  readonly #token: string | undefined;
  readonly #options: RaceOptions;
  readonly #events: RaceEvents;
  readonly #running = new Set<Runner>();
  /** What each server is told that may still be chosen: the client introduces itself, and says nothing else before. */
  readonly #introduction: string[] = [];
  #chosen: Runner | undefined;
  #started = 0;
  #isClosed = false;
  #cancelNext = () => {};

  /** @param urls in the order in which they are tried */
  constructor(
    { urls, token }: { readonly urls: readonly string[]; readonly token: string | undefined },
    options: RaceOptions,
    events: RaceEvents,
  ) {
    this.#urls = urls;
    this.#token = token;
    this.#options = options;
    this.#events = events;
  }

  /** How many of the servers were tried. */
  get started(): number {
    return this.#started;
  }

  start(): void {
    const index = this.#started++;
    const url = this.#urls[index] ?? "";
    if (index > 0) this.#events.alsoTrying(url);
    if (this.#isClosed) return; // whoever heard of it has closed us
    if (this.#started < this.#urls.length) this.#startNextAfter(NEXT_AFTER_MS);
    this.#open(url, index);
  }

  send(text: string): void {
    if (this.#chosen !== undefined) return this.#chosen.transport.send(text);
    this.#introduction.push(text);
    for (const { isOpen, transport } of this.#running) if (isOpen) transport.send(text);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelNext();
    for (const runner of this.#running) end(runner);
    this.#running.clear();
  }

  #startNextAfter(ms: number): void {
    this.#cancelNext();
    this.#cancelNext = this.#options.clock.after(ms, () => this.start());
  }

  #open(url: string, index: number): void {
    const { openTransport, clock } = this.#options;
    try {
      const transport = openTransport(url, {
        opened: () => this.#opened(runner),
        received: (text) => this.#received(runner, text),
        closed: (code, reason) => this.#closed(runner, code, reason),
      }, this.#token);
      const runner: Runner = {
        index,
        transport,
        isOpen: false,
        cancelDeadline: clock.after(HANDSHAKE_DEADLINE_MS, () => {
          transport.close();
          this.#closed(runner, CONNECTION_LOST, "No answer");
        }),
      };
      this.#running.add(runner);
    } catch (error) {
      this.#failed(CONNECTION_LOST, String(error)); // such as a page on https that may not use ws
    }
  }

  #opened(runner: Runner): void {
    runner.isOpen = true;
    if (this.#introduction.length === 0) this.#events.opened();
    else for (const text of this.#introduction) runner.transport.send(text);
  }

  #received(runner: Runner, text: string): void {
    if (this.#chosen === undefined) this.#choose(runner);
    this.#events.received(text);
  }

  #choose(runner: Runner): void {
    runner.cancelDeadline();
    this.#chosen = runner;
    this.#cancelNext();
    this.#running.delete(runner);
    for (const other of this.#running) end(other);
    this.#running.clear();
    this.#running.add(runner);
    this.#events.chosen(runner.index);
  }

  #closed(runner: Runner, code: number, reason: string): void {
    runner.cancelDeadline();
    this.#running.delete(runner);
    this.#failed(code, reason);
  }

  /** A server is gone, or does not let us in. Where another may still answer, that is waited for, and the next one is tried. */
  #failed(code: number, reason: string): void {
    if (this.#running.size > 0 && mayReconnect(code)) {
      if (this.#started < this.#urls.length) this.#startNextAfter(hopMs(this.#options.random));
      return;
    }
    this.close();
    this.#events.closed(code, reason);
  }
}

function end({ transport, cancelDeadline }: Runner): void {
  cancelDeadline();
  transport.close();
}
