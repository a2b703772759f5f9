/** A WebSocket where it passes, and a stream of events where it does not. */
import type { Clock } from "./clock.ts";
import type { OpenTransport, Transport, TransportEvents } from "./transport.ts";

/** How long a WebSocket may take to open until the other is tried beside it. */
const OPENING_MS = 5_000;

/** How long no WebSocket to a server is tried, after none had opened where a stream of events did. */
const AVOIDED_MS = 600_000;

/**
 * Tries `first`, and where it does not open, `second`, at once: a server that is down refuses both in the same
 * moment. Where `second` opens in the place of `first`, it is used for the next connections, too.
 */
export function fallbackTransport(
  first: OpenTransport,
  second: OpenTransport,
  clock: Clock,
): OpenTransport {
  /** Until when `first` is not tried, by URL; on the clock's scale. */
  const avoided = new Map<string, number>();
  return (url, events, token) => {
    const attempt = new Attempt({ url, token }, events, {
      opened(isFirst) {
        if (isFirst) avoided.delete(url);
        else if (!avoided.has(url)) avoided.set(url, clock.now() + AVOIDED_MS);
      },
      failed: () => void avoided.delete(url),
    });
    if (clock.now() < (avoided.get(url) ?? 0)) attempt.start(second, false);
    else {
      avoided.delete(url);
      attempt.startBoth(first, second, clock);
    }
    return attempt;
  };
}

interface Target {
  readonly url: string;
  readonly token: string | undefined;
}

interface Outcome {
  opened(isFirst: boolean): void;
  /** None of the two opened. */
  failed(): void;
}

/** One connection, by one of two transports: the one that opens first. */
class Attempt implements Transport {
  readonly #target: Target;
  readonly #events: TransportEvents;
  readonly #outcome: Outcome;
  readonly #running = new Set<Transport>();
  #chosen: Transport | undefined;
  /** Starts the one that was not started yet. */
  #startOther: (() => void) | undefined;
  #cancelTimer = () => {};

  constructor(target: Target, events: TransportEvents, outcome: Outcome) {
    this.#target = target;
    this.#events = events;
    this.#outcome = outcome;
  }

  startBoth(first: OpenTransport, second: OpenTransport, clock: Clock): void {
    const startOther = () => {
      this.#startOther = undefined;
      this.#cancelTimer();
      this.start(second, false);
    };
    this.#startOther = startOther;
    this.#cancelTimer = clock.after(OPENING_MS, startOther);
    try {
      this.start(first, true);
    } catch {
      startOther(); // such as a page on https that may not use ws
    }
  }

  start(open: OpenTransport, isFirst: boolean): void {
    const { url, token } = this.#target;
    const transport = open(url, {
      opened: () => {
        this.#outcome.opened(isFirst);
        this.#choose(transport);
      },
      received: (text) => this.#events.received(text),
      closed: (code, reason) => this.#closed(transport, code, reason),
    }, token);
    this.#running.add(transport);
  }

  send(text: string): void {
    this.#chosen?.send(text);
  }

  close(): void {
    this.#cancelTimer();
    for (const transport of this.#running) transport.close();
    this.#running.clear();
  }

  #choose(transport: Transport): void {
    this.#running.delete(transport);
    this.close();
    this.#running.add(transport);
    this.#chosen = transport;
    this.#events.opened();
  }

  #closed(transport: Transport, code: number, reason: string): void {
    this.#running.delete(transport);
    if (this.#chosen === undefined) {
      if (this.#startOther !== undefined) return this.#startOther();
      if (this.#running.size > 0) return; // the other may still open
      this.#outcome.failed();
    }
    this.#events.closed(code, reason);
  }
}
