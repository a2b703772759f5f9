/**
 * Holds one WebSocket open: connects, pings, notices a dead peer, and comes back after a growing pause.
 * Frames that arrive go to `session.ts`.
 */
import { mayReconnect } from "../close_codes.ts";
import { reconnectPauseMs, restartPauseMs, SERVER_SHUTDOWN } from "./backoff.ts";
import { type ClientFrame, parseServerFrame, type ServerFrame } from "./frames.ts";

/** `retryAt` is on the clock's scale (milliseconds); `code` and `reason` are the close event's. */
export type ConnectionState =
  | { kind: "idle" }
  | { kind: "connecting"; attempt: number }
  | { kind: "online" }
  | { kind: "waiting"; attempt: number; retryAt: number; reason: string }
  | { kind: "stopped"; code: number; reason: string };

/** The part of a browser's WebSocket that is used here. */
export interface SocketLike {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** Time, so that tests can make their own. */
export interface Clock {
  now(): number;
  /** Runs `callback` once after `ms`; the answer cancels it. */
  after(ms: number, callback: () => void): () => void;
}

export interface ConnectionOptions {
  openSocket: () => SocketLike;
  pingIntervalMs: number;
  onOpen: () => void;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: ConnectionState) => void;
  clock?: Clock;
  random?: () => number;
}

const HANDSHAKE_DEADLINE_MS = 15_000;
const PONG_DEADLINE_MS = 10_000;
const PROBE_DEADLINE_MS = 5_000;
/** A connection that held this long was a good one: the pauses start over. */
const STABLE_AFTER_MS = 10_000;
const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = 1006;

const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #clock: Clock;
  #state: ConnectionState = { kind: "idle" };
  #socket: SocketLike | null = null;
  #attempt = 0;
  #openedAt = 0;
  #cancelNext = () => {};
  #cancelDeadline: (() => void) | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects now, whatever it was waiting for. Does nothing when a connection is open or under way. */
  connect(): void {
    if (this.#socket !== null) return;
    this.#cancelNext();
    const socket = this.#options.openSocket();
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = (event) => this.#received(event.data);
    socket.onclose = (event) => this.#closed(event.code, event.reason);
    this.#enter({ kind: "connecting", attempt: this.#attempt });
    this.#cancelNext = this.#clock.after(HANDSHAKE_DEADLINE_MS, () => this.#lost("No answer"));
  }

  /** Closes for good, until `connect()` is called again. */
  disconnect(): void {
    this.#drop();
    this.#attempt = 0;
    this.#enter({ kind: "idle" });
  }

  /** Answers whether the frame was handed to an open socket, not whether it arrived. */
  send(frame: ClientFrame): boolean {
    if (this.#state.kind !== "online" || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks whether the peer is still there: after a sleep, or when the network changed. */
  probe(): void {
    if (this.#state.kind === "online") this.#ping(PROBE_DEADLINE_MS);
  }

  /** Like `probe()`, and does not wait any longer if it was waiting. */
  wake(): void {
    if (this.#state.kind === "waiting") this.connect();
    else this.probe();
  }

  #opened(): void {
    this.#cancelNext();
    this.#openedAt = this.#clock.now();
    this.#enter({ kind: "online" });
    this.#schedulePing();
    this.#options.onOpen();
  }

  #received(data: unknown): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
    const frame = typeof data === "string" ? parseServerFrame(data) : null;
    if (frame !== null) this.#options.onFrame(frame);
  }

  #schedulePing(): void {
    this.#cancelNext = this.#clock.after(this.#options.pingIntervalMs, () => {
      this.#ping(PONG_DEADLINE_MS);
      this.#schedulePing();
    });
  }

  #ping(deadlineMs: number): void {
    if (!this.send({ type: "ping" })) return;
    this.#cancelDeadline?.();
    this.#cancelDeadline = this.#clock.after(deadlineMs, () => this.#lost("No answer"));
  }

  #lost(reason: string): void {
    this.#closed(CONNECTION_LOST, reason);
  }

  #closed(code: number, reason: string): void {
    const wasOnline = this.#state.kind === "online";
    this.#drop();
    if (!mayReconnect(code)) {
      this.#attempt = 0;
      this.#enter({ kind: "stopped", code, reason });
      return;
    }
    if (wasOnline && this.#clock.now() - this.#openedAt >= STABLE_AFTER_MS) this.#attempt = 0;
    this.#waitAndConnect(code, reason);
  }

  #waitAndConnect(code: number, reason: string): void {
    const { random } = this.#options;
    const isFirst = this.#attempt === 0;
    const pauseMs = isFirst && code === SERVER_SHUTDOWN
      ? restartPauseMs(random)
      : reconnectPauseMs(this.#attempt, random);
    this.#attempt++;
    const retryAt = this.#clock.now() + pauseMs;
    this.#cancelNext = this.#clock.after(pauseMs, () => this.connect());
    this.#enter({ kind: "waiting", attempt: this.#attempt, retryAt, reason });
  }

  /** Lets go of the socket and its timers. A stuck socket closes late, or twice: we no longer listen. */
  #drop(): void {
    this.#cancelNext();
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(NORMAL_CLOSURE);
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}
