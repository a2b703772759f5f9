/**
 * One user's session with a server: it says who this is on each connection, keeps what proves that fresh, and sends commands.
 * A frame from the server that is not for the session itself goes to whoever has made it, such as `client.ts`.
 */
import { closeCodeOf } from "../../base/close_codes.ts";
import { closedError, NotifyliError, stoppedError } from "./errors.ts";
import {
  type Command,
  type JsonObject,
  type ParseFrame,
  parseFrames,
  type ServerFrame,
  wireUserId,
} from "./frames.ts";
import type { ResolvedOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { type Connected, readConnected } from "./replies.ts";
import { type Link, readReply, Requests } from "./requests.ts";
import { Retry } from "./retry.ts";
import { ServerConnection, type State } from "./server_connection.ts";
import { askCredentials, askToken } from "./token.ts";
import type { Position } from "./types.ts";
import { watchWake } from "./wake.ts";

/** Frames that a session hands on. */
export type SessionFrame = Exclude<
  ServerFrame,
  { type: "reply" } | { type: "session" } | { type: "error" } | { type: "pong" }
>;

export interface SessionHost {
  /** Where the client is in the inbox; `undefined` where it has not been there. */
  position(): Position | undefined;
  /** The server has accepted the client on a new connection. */
  connected(connected: Connected): void;
  received(frame: SessionFrame): void;
  /** Reads frames that `frames.ts` does not. */
  readonly parse?: ParseFrame;
  /** The connection is gone. */
  interrupted(): void;
  /** @param stop why the client does not come back, if it does not */
  changed(state: State, stop: NotifyliError | undefined): void;
  failed(error: NotifyliError): void;
}

export class Session {
  /** What the parts of a client say to the server through. */
  readonly link: Link;
  readonly #options: ResolvedOptions;
  readonly #host: SessionHost;
  readonly #connection: ServerConnection;
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  /** Tries again to renew the session, as long as it lasts. */
  readonly #renewal: Retry;
  /** Ends the question for another token. */
  #cancelToken = () => {};
  readonly #stopWatching: () => void;
  #isGuest = false;
  /** The user's id, as the server says it. */
  #userId: string | undefined;
  /**
   * The user's site, as the server says it. From then on the client is this user of this site and no other. A guest,
   * who is another user on each connection, has none.
   */
  #siteId: string | undefined;

  /** It connects when `connect()` is called. */
  constructor(options: ResolvedOptions, host: SessionHost) {
    this.#options = options;
    this.#host = host;
    this.#connection = new ServerConnection(options, {
      opened: () => this.#introduce(),
      received: (text) => parseFrames(text, host.parse).forEach((frame) => this.#receive(frame)),
      interrupted: () => this.#interrupt(),
      changed: (state) => this.#changed(state),
    });
    this.#requests = new Requests(
      options.clock,
      (text) => this.#connection.send(text),
      (reason) => this.#connection.lose(reason),
    );
    this.link = linkOf(this, options, this.#requests, (...asked) => this.#enqueue(...asked));
    this.#outbox = new Outbox(this.link);
    this.#renewal = new Retry(options);
    this.#stopWatching = watchWake(options.wakeSources, () => this.#connection.wake());
  }

  get state(): State {
    return this.#connection.state;
  }

  /** Why the client does not come back, if it does not. */
  get stop(): NotifyliError | undefined {
    const { state } = this;
    if (state.kind === "closed") return closedError();
    return state.kind === "stopped" ? stoppedError(state) : undefined;
  }

  /** The user's id. Where the options do not say it, it is empty until the server has. */
  get userId(): string {
    return this.#options.userId ?? this.#userId ?? "";
  }

  /** The site that the user is of. It is empty until the server has said it. */
  get siteId(): string {
    return this.#siteId ?? "";
  }

  get isGuest(): boolean {
    return this.#isGuest;
  }

  /** Connects now: ends a pause, or comes back although the server had said not to. */
  connect(): void {
    this.#connection.connect();
  }

  /** Ends everything for good; what waits to be sent is rejected with `closed`. */
  close(): void {
    this.#stopWatching();
    this.#connection.close();
  }

  #introduce(): void {
    const known = this.#siteId === undefined ? undefined : this.#userId;
    const { name, userId = known, device } = this.#options;
    const inbox = this.#host.position();
    const { credentials } = this.#connection;
    if (credentials !== undefined) this.#show(credentials);
    this.#requests.send({
      type: "connect",
      ...(userId === undefined ? {} : { user_id: wireUserId(userId) }),
      ...(name === undefined ? {} : { name }),
      ...(device === undefined ? {} : { device }),
      ...(inbox === undefined ? {} : { inbox }),
    }, (reply) => {
      const connected = readReply(reply, readConnected);
      if (!(connected instanceof NotifyliError)) this.#connected(connected);
      else if (connected.temporary) this.#connection.lose(connected.message);
      else this.#connection.stop(connected.code, connected.message);
    });
  }

  /** Shows the credentials. The server takes the next command when it knows who this is. */
  #show(credentials: JsonObject): void {
    this.#requests.send({ type: "auth", credentials }, (reply) => {
      if (!reply.success) this.#refused(reply.error);
    });
  }

  /** The credentials were not taken. Where the server closes with a code that says more, that is waited for. */
  #refused(error: NotifyliError): void {
    if (error.temporary) this.#connection.lose(error.message);
    else if (closeCodeOf(error.code) === undefined) {
      this.#connection.stop(error.code, error.message);
    }
  }

  #connected(connected: Connected): void {
    const { userId, siteId, isGuest, clientId, pingSeconds } = connected;
    const isOther = this.#siteId !== undefined && siteId !== undefined && siteId !== this.#siteId;
    if (isOther) {
      // What waits to be sent, and all that was received, belongs to the user of before.
      const message = `The server took user '${userId}' of site '${this.#siteId}' for ` +
        `one of site '${siteId}'`;
      return this.#connection.stop("user_mismatch", message);
    }
    this.#userId = userId;
    this.#isGuest = isGuest;
    if (!isGuest) this.#siteId = siteId;
    this.#connection.accepted(clientId, pingSeconds * 1000);
    if (!this.link.online) return; // a handler of the state has closed us
    this.#host.connected(connected);
    this.#outbox.flush();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "reply":
        return this.#requests.settle(frame.ref, frame.reply);
      case "session":
        return this.#renewSession();
      case "error":
        return this.#host.failed(frame.error);
      case "pong":
        return; // it only shows that the server is there, which the connection has noted
      default:
        return this.#host.received(frame);
    }
  }

  /** Sends another token or credentials. Where none can be had, the server ends the connection with the session. */
  #renewSession(): void {
    const { token, credentials, clock } = this.#options;
    const failed = (reason: string) => {
      this.#host.failed(new NotifyliError("no_token", reason));
      if (this.link.online) this.#renewAgain();
    };
    this.#cancelToken();
    if (credentials !== undefined) {
      const then = (given = {}) => this.#renew({ type: "auth", credentials: given });
      this.#cancelToken = askCredentials(credentials, clock, { then, failed });
    } else if (typeof token === "function") { // else there is no other
      const then = (given = "") => this.#renew({ type: "auth", token: given });
      this.#cancelToken = askToken(token, clock, { then, failed });
    }
  }

  #renew(command: Command): void {
    if (!this.link.online) return;
    this.#requests.send(command, (reply) => {
      if (!reply.success && reply.error.temporary) return this.#renewAgain(); // the server could not look at it
      this.#renewal.reset();
      if (!reply.success && "credentials" in command) this.#refused(reply.error);
    });
  }

  #renewAgain(): void {
    this.#renewal.later(() => this.#renewSession());
  }

  #interrupt(): void {
    this.#cancelToken();
    this.#renewal.reset();
    this.#requests.clear();
    this.#host.interrupted();
    this.#outbox.interrupt();
  }

  #changed(state: State): void {
    const { stop } = this;
    if (stop !== undefined) this.#outbox.rejectAll(stop);
    this.#host.changed(state, stop);
  }

  #enqueue<T>(command: Command, read?: (data: JsonObject) => T): Promise<T> {
    const { stop } = this;
    return stop === undefined ? this.#outbox.add(command, read) : Promise.reject(stop);
  }
}

function linkOf(
  session: Session,
  { clock, random }: ResolvedOptions,
  requests: Requests,
  enqueue: Link["enqueue"],
): Link {
  return {
    clock,
    random,
    get online() {
      return session.state.kind === "online";
    },
    request: (...asked) => requests.send(...asked),
    enqueue,
  };
}
