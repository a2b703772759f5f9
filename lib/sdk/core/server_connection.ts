/**
 * Keeps a connection to one of the servers: opens it (`race.ts`), pings, notices a dead peer, and comes back after a
 * growing pause. What arrives goes to `client.ts`, which says when the server has accepted us.
 */
import { mayReconnect, TOKEN_EXPIRED, TOKEN_REVOKED } from "../../base/close_codes.ts";
import { backoffMs, hopMs, restartMs, revokedMs, SERVER_SHUTDOWN } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { ResolvedOptions } from "./options.ts";
import { Race } from "./race.ts";
import type { JsonObject } from "./frames.ts";
import { askCredentials, askToken } from "./token.ts";
import { CONNECTION_LOST } from "./transport.ts";

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
  /** The connection is gone. This is told before the state changes. */
  interrupted(): void;
  changed(state: State): void;
}

const PONG_DEADLINE_MS = 10_000;
const PROBE_DEADLINE_MS = 5_000;
/** A connection that held at least this long, and as long as the pause before it, was good: the pauses start over. */
const GOOD_AFTER_MS = 1_000;
/** How many rounds of pauses a connection leaves behind that a server had accepted, and that broke at once. */
const ROUNDS_AFTER_ACCEPTED = 2;

export class ServerConnection {
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #events: ServerConnectionEvents;
  #state: State;
  /** The connection, or what is to become one. */
  #race: Race | undefined;
  /** How many connections failed or ended since the last good one. */
  #failures = 0;
  /** Which of the URLs is tried next, or is connected to. */
  #turn = 0;
  /** Which of the URLs has answered. */
  #answering = 0;
  #onlineSince = 0;
  #lastPauseMs = 0;
  #pingIntervalMs = 0;
  /** Cancels the timer of the pause, the deadline of the token or the timer of the next ping: there is one at a time. */
  #cancelTimer = () => {};
  /** When something must have come, since we pinged. */
  #deadlineAt = Infinity;
  #cancelDeadline = () => {};
  /** Counts the attempts, so that a token that comes late opens no connection. */
  #lastAttempt = 0;
  /** A token had expired or was revoked, and another one is tried. That is done once, until the server takes one. */
  #hasAskedAgain = false;
  /** What this attempt shows the application; `undefined` where there are none. */
  #credentials: JsonObject | undefined;

  constructor(options: ResolvedOptions, events: ServerConnectionEvents) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = events;
    this.#state = { kind: "connecting", url: this.#url, attempt: 0 };
  }

  get state(): State {
    return this.#state;
  }

  /** What the server is to ask the application about on this connection. */
  get credentials(): JsonObject | undefined {
    return this.#credentials;
  }

  /** Connects now, also after the server had said not to come back. */
  connect(): void {
    if (this.#race !== undefined || this.#state.kind === "closed") return;
    this.#cancelTimer();
    const attempt = ++this.#lastAttempt;
    const isWanted = () => attempt === this.#lastAttempt;
    this.#enter({ kind: "connecting", url: this.#url, attempt: this.#failures });
    if (!isWanted()) return; // whoever heard of it has closed us
    const { token, credentials, clock } = this.#options;
    const failed = (reason: string) => isWanted() && this.lose(reason);
    const cancel = credentials === undefined
      ? askToken(token, clock, { then: (token) => isWanted() && this.#open(token), failed })
      : askCredentials(credentials, clock, {
        then: (credentials) => {
          if (!isWanted()) return;
          this.#credentials = credentials;
          this.#open(undefined);
        },
        failed,
      });
    if (!isWanted()) cancel();
    else if (this.#race === undefined) this.#cancelTimer = cancel;
  }

  /** The server has accepted us. */
  accepted(clientId: string, pingIntervalMs: number): void {
    this.#hasAskedAgain = false;
    this.#turn = this.#answering;
    this.#onlineSince = this.#clock.now();
    this.#pingIntervalMs = pingIntervalMs;
    this.#cancelTimer();
    this.#schedulePing();
    this.#enter({ kind: "online", url: this.#url, clientId });
  }

  send(text: string): void {
    this.#race?.send(text);
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

  /** Tries the servers that are left of this round. */
  #open(token: string | undefined): void {
    const { urls } = this.#options;
    const left = urls.length - this.#failures % urls.length;
    const first = this.#turn;
    const here = Array.from({ length: left }, (_, index) => urls[(first + index) % urls.length]);
    this.#race = new Race({ urls: here.map((url = "") => url), token }, this.#options, {
      alsoTrying: (url) => this.#enter({ kind: "connecting", url, attempt: this.#failures }),
      opened: () => this.#events.opened(),
      chosen: (index) => this.#answering = first + index,
      received: (text) => this.#received(text),
      closed: (code, reason) => this.#closed(code, reason),
    });
    this.#race.start();
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
    const tried = wasOnline ? 1 : this.#race?.started ?? 1;
    this.#drop();
    if (this.#state.kind === "closed" || this.#state.kind === "waiting") return;
    if (wasOnline) this.#noteAccepted();
    const pauseMs = this.#pauseMs(code, tried);
    this.#failures += tried;
    this.#turn += tried;
    this.#wait(pauseMs, code, reason);
  }

  /** The connection that has just ended had worked, so what failed before it counts no longer, or not for much. */
  #noteAccepted(): void {
    const heldMs = this.#clock.now() - this.#onlineSince;
    const most = ROUNDS_AFTER_ACCEPTED * this.#options.urls.length;
    const isGood = heldMs >= Math.max(GOOD_AFTER_MS, this.#lastPauseMs);
    this.#failures = isGood ? 0 : Math.min(this.#failures, most);
  }

  #wait(pauseMs: number, code: number, reason: string): void {
    const retryAt = this.#clock.now() + pauseMs;
    this.#lastPauseMs = pauseMs;
    this.#cancelTimer = this.#clock.after(pauseMs, () => this.connect());
    this.#enter({ kind: "waiting", attempt: this.#failures, retryAt, code, reason });
  }

  #mayAskAgain(): boolean {
    const { token, credentials } = this.#options;
    return (typeof token === "function" || credentials !== undefined) && !this.#hasAskedAgain;
  }

  /**
   * The pauses grow from one round of all URLs to the next; within a round they are short.
   *
   * @param tried how many servers have just failed
   */
  #pauseMs(code: number, tried: number): number {
    const { urls, random } = this.#options;
    if (this.#failures === 0 && code === SERVER_SHUTDOWN) return restartMs(random);
    const all = this.#failures + tried;
    if (all % urls.length !== 0) return hopMs(random);
    return backoffMs(all / urls.length - 1, random);
  }

  #drop(): void {
    this.#lastAttempt++;
    this.#cancelTimer();
    this.#answered();
    const race = this.#race;
    if (race === undefined) return;
    this.#race = undefined;
    race.close();
    this.#events.interrupted();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#events.changed(state);
  }
}
