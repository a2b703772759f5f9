/**
 * Keeps a transport to one of the servers: opens it, pings, notices a dead peer, and comes back after a growing
 * pause. What arrives goes to `client.ts`, which says when the server has accepted us.
 */
import { mayReconnect, TOKEN_EXPIRED, TOKEN_REVOKED } from "../../base/close_codes.ts";
import { backoffMs, hopMs, restartMs, revokedMs, SERVER_SHUTDOWN } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { ResolvedOptions } from "./options.ts";
import { askToken } from "./token.ts";
import { CONNECTION_LOST, type Transport } from "./transport.ts";

/** `retryAt` is on the clock's scale: Unix time in milliseconds, where no other clock was given. */
export type State =
  | { readonly kind: "connecting"; readonly url: string; readonly attempt: number }
  | { readonly kind: "online"; readonly url: string; readonly clientId: string }
  | {
    readonly kind: "waiting";
    readonly attempt: number;
    readonly retryAt: number;
    readonly code: number;
    readonly reason: string;
  }
  /** The server said not to come back: `code` is a close code, or the error code of a refusal. */
  | { readonly kind: "stopped"; readonly code: number | string; readonly reason: string }
  /** The client was closed, for good. */
  | { readonly kind: "closed" };

interface ServerConnectionEvents {
  opened(): void;
  received(text: string): void;
  /** The transport is gone. This is told before the state changes. */
  interrupted(): void;
  changed(state: State): void;
}

const HANDSHAKE_DEADLINE_MS = 15_000;
const PONG_DEADLINE_MS = 10_000;
const PROBE_DEADLINE_MS = 5_000;
/** After a connection that held this long, the pauses start over. */
const STABLE_AFTER_MS = 10_000;

export class ServerConnection {
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #events: ServerConnectionEvents;
  #state: State;
  #transport: Transport | undefined;
  /** How many connections failed or ended since the last good one. */
  #failures = 0;
  /** Which of the URLs is tried next. */
  #turn = 0;
  #onlineSince = 0;
  #pingIntervalMs = 0;
  /** Cancels the timer of the pause, the handshake or the next ping: there is one of them at a time. */
  #cancelTimer = () => {};
  /** When something must have come, since we pinged. */
  #deadlineAt = Infinity;
  #cancelDeadline = () => {};
  /** Counts the attempts, so that a token that comes late opens no connection. */
  #lastAttempt = 0;
  /** A token had expired or was revoked, and another one is tried. That is done once, until the server takes one. */
  #hasAskedAgain = false;

  constructor(options: ResolvedOptions, events: ServerConnectionEvents) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = events;
    this.#state = { kind: "connecting", url: this.#url, attempt: 0 };
  }

  get state(): State {
    return this.#state;
  }

  /** Connects now, also after the server had said not to come back. */
  connect(): void {
    if (this.#transport !== undefined || this.#state.kind === "closed") return;
    this.#cancelTimer();
    this.#enter({ kind: "connecting", url: this.#url, attempt: this.#failures });
    this.#cancelTimer = this.#clock.after(HANDSHAKE_DEADLINE_MS, () => this.lose("No answer"));
    const attempt = ++this.#lastAttempt;
    const isWanted = () => attempt === this.#lastAttempt;
    askToken(
      this.#options.token,
      (token) => isWanted() && this.#open(token),
      (reason) => isWanted() && this.lose(reason),
    );
  }

  /** The server has accepted us. */
  accepted(clientId: string, pingIntervalMs: number): void {
    this.#hasAskedAgain = false;
    this.#onlineSince = this.#clock.now();
    this.#pingIntervalMs = pingIntervalMs;
    this.#cancelTimer();
    this.#schedulePing();
    this.#enter({ kind: "online", url: this.#url, clientId });
  }

  send(text: string): void {
    this.#transport?.send(text);
  }

  /** The network or the reader came back: waits no longer, or asks whether the server is still there. */
  wake(): void {
    if (this.#state.kind === "waiting") {
      if (this.#state.code !== TOKEN_REVOKED) this.connect(); // a token of this moment would not be taken
    } else if (this.#state.kind === "online") this.#ping(PROBE_DEADLINE_MS);
  }

  /** Gives the connection up, and comes back. */
  lose(reason: string): void {
    this.#closed(CONNECTION_LOST, reason);
  }

  /** Ends the connection, and does not come back until `connect()`. */
  stop(code: number | string, reason: string): void {
    this.#drop();
    this.#failures = 0;
    this.#enter({ kind: "stopped", code, reason });
  }

  close(): void {
    if (this.#state.kind === "closed") return;
    this.#drop();
    this.#enter({ kind: "closed" });
  }

  get #url(): string {
    const { urls } = this.#options;
    return urls[this.#turn % urls.length] ?? "";
  }

  #open(token: string | undefined): void {
    try {
      this.#transport = this.#options.openTransport(this.#url, {
        opened: () => this.#events.opened(),
        received: (text) => this.#received(text),
        closed: (code, reason) => this.#closed(code, reason),
      }, token);
    } catch (error) {
      this.lose(String(error)); // such as a page on https that may not use ws
    }
  }

  #received(text: string): void {
    this.#answered(); // whatever it is, the server is there
    this.#events.received(text);
  }

  #schedulePing(): void {
    this.#cancelTimer = this.#clock.after(this.#pingIntervalMs, () => {
      this.#schedulePing();
      this.#ping(PONG_DEADLINE_MS);
    });
  }

  #ping(deadlineMs: number): void {
    this.send('{"type":"ping"}');
    const deadlineAt = this.#clock.now() + deadlineMs;
    if (deadlineAt >= this.#deadlineAt) return; // an earlier ping's comes first
    this.#answered();
    this.#deadlineAt = deadlineAt;
    this.#cancelDeadline = this.#clock.after(deadlineMs, () => this.lose("No answer to 'ping'"));
  }

  #answered(): void {
    this.#cancelDeadline();
    this.#deadlineAt = Infinity;
  }

  #closed(code: number, reason: string): void {
    if (code === TOKEN_EXPIRED && this.#mayAskAgain()) {
      this.#hasAskedAgain = true;
      this.#drop();
      return this.connect();
    }
    if (code === TOKEN_REVOKED && this.#mayAskAgain()) {
      this.#hasAskedAgain = true;
      this.#drop();
      return this.#wait(revokedMs(this.#options.random), code, reason);
    }
    if (!mayReconnect(code)) return this.stop(code, reason);
    const wasOnline = this.#state.kind === "online";
    this.#drop();
    if (this.#state.kind === "closed" || this.#state.kind === "waiting") return;
    if (wasOnline && this.#clock.now() - this.#onlineSince >= STABLE_AFTER_MS) this.#failures = 0;
    const pauseMs = this.#pauseMs(code);
    this.#failures++;
    this.#turn++;
    this.#wait(pauseMs, code, reason);
  }

  #wait(pauseMs: number, code: number, reason: string): void {
    const retryAt = this.#clock.now() + pauseMs;
    this.#cancelTimer = this.#clock.after(pauseMs, () => this.connect());
    this.#enter({ kind: "waiting", attempt: this.#failures, retryAt, code, reason });
  }

  #mayAskAgain(): boolean {
    return typeof this.#options.token === "function" && !this.#hasAskedAgain;
  }

  /** The pauses grow from one round of all URLs to the next; within a round they are short. */
  #pauseMs(code: number): number {
    const { urls, random } = this.#options;
    if (this.#failures === 0 && code === SERVER_SHUTDOWN) return restartMs(random);
    const tried = this.#failures + 1;
    if (tried % urls.length !== 0) return hopMs(random);
    return backoffMs(tried / urls.length - 1, random);
  }

  #drop(): void {
    this.#lastAttempt++;
    this.#cancelTimer();
    this.#answered();
    const transport = this.#transport;
    if (transport === undefined) return;
    this.#transport = undefined;
    transport.close();
    this.#events.interrupted();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#events.changed(state);
  }
}
