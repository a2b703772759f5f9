/**
 * One user's client: it brings the connection, what is to be sent, and the parts of the library together. A text
 * from `core/server_connection.ts` is parsed by `core/frames.ts`, and goes to the part that it concerns: rooms, topics or
 * inbox.
 */
import { closeCodeOf } from "../base/close_codes.ts";
import type { ClientEvents } from "./client_events.ts";
import type {
  ContactList,
  ConversationList,
  ConversationOptions,
  OpenConversation,
  PresenceWatch,
  Privacy,
} from "./conversations/api.ts";
import { Chat } from "./conversations/chat.ts";
import type { UserPresence } from "./conversations/types.ts";
import { closedError, NotifyliError, stoppedError } from "./core/errors.ts";
import { Emitter, type Handler, throwLater } from "./core/events.ts";
import {
  type Command,
  type JsonObject,
  parseFrames,
  type ServerFrame,
  wireUserId,
} from "./core/frames.ts";
import type { Clock } from "./core/clock.ts";
import type { ResolvedOptions } from "./core/options.ts";
import { Outbox } from "./core/outbox.ts";
import type { Part } from "./core/part.ts";
import { type Connected, readConnected, readPresence } from "./core/replies.ts";
import { type Link, readReply, Requests } from "./core/requests.ts";
import { Retry } from "./core/retry.ts";
import { ServerConnection, type State } from "./core/server_connection.ts";
import { askCredentials, askToken } from "./core/token.ts";
import type { AttachedFile, Message, Published } from "./core/types.ts";
import { watchWake } from "./core/wake.ts";
import { Files } from "./files/files.ts";
import type { FileUrlOptions, StoredFile, UploadOptions, UploadSource } from "./files/types.ts";
import { Notifications } from "./inbox/notifications.ts";
import { PositionStore } from "./inbox/position_store.ts";
import type { Lifetime } from "./core/lifetime.ts";
import { Preferences } from "./preferences/preferences.ts";
import { JoinedRooms } from "./rooms/joined_rooms.ts";
import type { SubscribeOptions, Subscription } from "./rooms/subscription.ts";
import type { TopicSubscription } from "./topics/topic_subscription.ts";
import { type TopicArguments, Topics } from "./topics/topics.ts";

export class Client {
  /** The user's notifications. */
  readonly notifications: Notifications;
  /** The topics that the user subscribes to, for programs that keep ids; others call `topic()`. */
  readonly topics: Topics;
  readonly #options: ResolvedOptions;
  readonly #events = new Emitter<ClientEvents>((error) => this.#fail(error));
  readonly #rooms: JoinedRooms;
  readonly #files: Files;
  readonly #chat: Chat;
  readonly #preferences: Preferences;
  /**
   * The parts, in the order in which they hear of a new connection. The rooms come first, so that what a handler of a
   * notification says in a room comes back to it.
   */
  readonly #parts: readonly Part[];
  readonly #connection: ServerConnection;
  readonly #requests: Requests;
  readonly #outbox: Outbox;
  readonly #link: Link;
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

  /** Programs call `connect()` instead, which fills the options in. */
  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#connection = new ServerConnection(options, {
      opened: () => this.#introduce(),
      received: (text) => parseFrames(text).forEach((frame) => this.#receive(frame)),
      interrupted: () => this.#interrupt(),
      changed: (state) => this.#changed(state),
    });
    this.#requests = new Requests(
      options.clock,
      (text) => this.#connection.send(text),
      (reason) => this.#connection.lose(reason),
    );
    this.#link = linkOf(this, options, this.#requests, (command) => this.#enqueue(command));
    this.#outbox = new Outbox(this.#link);
    this.#renewal = new Retry(options);
    const store = new PositionStore(options.storage, options.urls[0] ?? "", options.userId);
    this.notifications = new Notifications(this.#link, store, {
      notification: (notification) => this.#events.emit("notification", notification),
      changed: (notification) => void this.#events.emit("notificationChanged", notification),
      unread: (unread) => this.#events.emit("unread", unread),
      gap: (gap) => this.#events.emit("gap", gap),
      failed: (error) => this.#fail(error),
    });
    this.#rooms = new JoinedRooms(this.#link, {
      message: (message) => this.#events.emit("message", message),
      failed: (error) => this.#fail(error),
    });
    this.topics = new Topics(this.#link, {
      failed: (error) => this.#fail(error),
      stopped: () => stopOf(this.state),
    });
    this.#files = new Files(
      filesHostOf(this, options, { isGuest: () => this.#isGuest, link: this.#link }),
    );
    this.#chat = new Chat(this.#link, {
      files: this.#files,
      storage: options.storage,
      storeSources: options.wakeSources,
      owner: () => this.#isGuest ? undefined : store.owner,
      self: () => ({ userId: this.userId, name: options.name ?? this.userId }),
      failed: (error) => this.#fail(error),
    });
    this.#preferences = new Preferences(this.#link, (error) => this.#fail(error));
    this.#parts = [
      ...[this.#rooms, this.topics, this.notifications, this.#files, this.#chat],
      this.#preferences,
    ];
    this.#stopWatching = watchWake(options.wakeSources, () => this.#connection.wake());
    this.#connection.connect();
  }

  get state(): State {
    return this.#connection.state;
  }

  /**
   * The user's id. Where the options do not say it, it is empty until the server has; a guest has another one on each
   * connection.
   */
  get userId(): string {
    return this.#options.userId ?? this.#userId ?? "";
  }

  /** The site that the user is of, as the server says it. It is empty until the server has. */
  get siteId(): string {
    return this.#siteId ?? "";
  }

  /** Calls `handler` at each `event`, until the function it returns is called. */
  on<E extends keyof ClientEvents>(event: E, handler: Handler<ClientEvents[E]>): () => void {
    return this.#events.on(event, handler);
  }

  /**
   * Enters a room, and stays in it over every reconnection. The handler gets each message once, in the room's order.
   * Several subscriptions to one room are one for the server.
   *
   * @throws {NotifyliError} `closed`
   */
  subscribe(
    room: string,
    handler: Handler<Message>,
    options: SubscribeOptions = {},
  ): Subscription {
    if (this.state.kind === "closed") throw closedError();
    return this.#rooms.subscribe(room, handler, options);
  }

  /**
   * Subscribes to a topic: the handler gets each message once whose data has all fields of the filter, or each one where
   * there is no filter, over every reconnection. Subscriptions with the same filter and token are one for the server.
   *
   * @example
   * ```ts ignore
   * client.topic("Contact_Updated_Topic", { id: 5 }, ({ data }) => reload(data), { element });
   * ```
   *
   * @param asked the filter, which may be left out, the handler, and the options
   * @throws {NotifyliError} `closed`
   * @throws {TypeError} where a value of the filter cannot be compared, or `element` is none
   */
  topic(name: string, ...asked: TopicArguments): TopicSubscription {
    if (this.state.kind === "closed") throw closedError();
    return this.topics.open(name, ...asked);
  }

  /**
   * Says something in a room. Resolves when the server has taken it; while there is no connection, it waits. A
   * message that was on its way when a connection broke is sent again, and appears once all the same.
   *
   * Rejects with a `NotifyliError`: one from the server, `queue_full`, `not_confirmed`, `stopped` or `closed`.
   *
   * @param message the text for people; empty where there is `data` alone
   * @param options.id 8 to 64 of `A-Z a-z 0-9 _ -`; give the same one when you try again
   * @param options.data any JSON value, for programs
   */
  publish(
    room: string,
    message: string,
    options: { id?: string; data?: unknown } = {},
  ): Promise<Published> {
    return this.#rooms.publish(room, message, options);
  }

  /**
   * Tells the others in a room of something that is not kept, such as that somebody is typing. Resolves when the server has
   * taken it. It waits for no connection, and is not sent again.
   *
   * Rejects with a `NotifyliError`: one from the server, `offline` or `not_confirmed`.
   *
   * @param event what happened, in words of the application
   * @param data any JSON value
   */
  tell(room: string, event: string, data?: unknown): Promise<void> {
    return this.#rooms.tell(room, event, data);
  }

  /**
   * Uploads a file. Resolves when the server has stored it; while there is no connection, it waits, and where one broke, it
   * goes on.
   *
   * Rejects with a `NotifyliError`: one from the server, `file_lost`, `ended`, `stopped` or `closed`.
   *
   * @example
   * ```ts ignore
   * const { id, url } = await client.upload(input.files[0], {
   *   onProgress: ({ sent, bytes }) => (bar.value = sent / bytes),
   * });
   * ```
   */
  upload(source: UploadSource, options?: UploadOptions): Promise<StoredFile> {
    return this.#files.upload(source, options);
  }

  /**
   * How many files are on their way to the server, or wait for it, by `upload()` and in messages. A page that is left now loses
   * them.
   */
  get unsentFiles(): number {
    return this.#files.uploading + this.#chat.sends.waitingFiles;
  }

  /** What is known of a file that the user may read, with a fresh link to it. Rejects with `not_found` where there is none. */
  file(id: string): Promise<StoredFile> {
    return this.#files.find(id);
  }

  /**
   * The address of a file as pages use it, such as in an `<img>`. It is empty where the file has no link yet.
   *
   * @param file of a message or a notification, an uploaded one, or a `url`
   */
  fileUrl(file: AttachedFile | string, options?: FileUrlOptions): string {
    return this.#files.urlOf(file, options);
  }

  /** The user's conversations. They are asked for when this is first read. */
  get conversations(): ConversationList {
    return this.#chat.conversations;
  }

  /**
   * Opens a conversation: its newest messages are loaded, and what happens there is followed over every reconnection, until
   * `close()`, or until `signal` or `element` ends it.
   *
   * @throws {NotifyliError} `closed`
   */
  conversation(id: number, options: ConversationOptions = {}): OpenConversation {
    if (this.state.kind === "closed") throw closedError();
    return this.#chat.open(id, options);
  }

  /** The user's contacts. They are asked for when this is first read. */
  get contacts(): ContactList {
    return this.#chat.contacts;
  }

  /** What the user chooses of notifications. It is asked for when this is first read. */
  get preferences(): Preferences {
    this.#preferences.activate();
    return this.#preferences;
  }

  /** What others see of the user. */
  get privacy(): Privacy {
    return this.#chat.privacy;
  }

  /** Calls `handler` with who of these users is there, now and whenever that changes. */
  presence(
    userIds: readonly (string | number)[],
    handler: Handler<UserPresence>,
    lifetime: Lifetime = {},
  ): PresenceWatch {
    return this.#chat.watch(userIds, handler, lifetime);
  }

  /** Tells the others that the user is away from the device, or back at it. */
  away(isAway = true): void {
    this.#chat.setAway(isAway);
  }

  /** Connects now: ends a pause, or comes back although the server had said not to. */
  reconnect(): void {
    this.#connection.connect();
  }

  /** Ends everything for good; what waits to be sent is rejected with `closed`. */
  close(): void {
    this.#stopWatching();
    for (const part of this.#parts) part.close();
    this.#connection.close();
  }

  #introduce(): void {
    const known = this.#siteId === undefined ? undefined : this.#userId;
    const { name, userId = known, device } = this.#options;
    const inbox = this.notifications.position;
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
    if (!this.#link.online) return; // a handler of the state has closed us
    for (const part of this.#parts) part.connected(connected);
    this.#outbox.flush();
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "reply":
        return this.#requests.settle(frame.ref, frame.reply);
      case "usermsg":
        return this.#rooms.receive(frame.publication);
      case "direct_message":
        return this.notifications.receive(frame.publication);
      case "event":
        return this.#rooms.happened(frame.event);
      case "topic":
        return this.topics.receive(frame.subs, frame.message);
      case "position":
        return this.topics.moved(frame.topic, frame.position);
      case "join":
      case "leave":
        return this.#rooms.comeOrGo(frame.room, frame.type, frame.user);
      case "left":
        return this.#rooms.left(frame.room, frame.error);
      case "presence":
        return this.#rooms.replacePresence(frame.room, readPresence(frame.data));
      case "inbox":
        this.notifications.change(frame.change);
        return void this.#events.emit("inbox", frame.change);
      case "chat":
        return this.#chat.receive(frame.what, frame.fields);
      case "preferences":
        return this.#preferences.receive(frame.fields);
      case "session":
        return this.#renewSession();
      case "error":
        return this.#fail(frame.error);
      case "pong":
        return; // it only shows that the server is there, which the connection has noted
    }
  }

  /** Sends another token or credentials. Where none can be had, the server ends the connection with the session. */
  #renewSession(): void {
    const { token, credentials, clock } = this.#options;
    const failed = (reason: string) => {
      this.#fail(new NotifyliError("no_token", reason));
      if (this.#link.online) this.#renewAgain();
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
    if (!this.#link.online) return;
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
    for (const part of this.#parts) part.interrupt();
    this.#outbox.interrupt();
  }

  #changed(state: State): void {
    const stop = stopOf(state);
    if (stop !== undefined) {
      this.#outbox.rejectAll(stop);
      this.topics.rejectAll(stop);
      this.#files.rejectAll(stop);
    }
    this.#events.emit("state", state);
  }

  #enqueue(command: Command): Promise<JsonObject> {
    const stop = stopOf(this.state);
    return stop === undefined ? this.#outbox.add(command) : Promise.reject(stop);
  }

  #fail(error: NotifyliError): void {
    if (this.#events.emit("error", error)) return;
    if (error.code === "handler_failed") throwLater(error);
    else console.warn(`notifyli: ${error.message} (${error.code})`);
  }
}

/** Why the client does not come back, if it does not. */
function stopOf(state: State): NotifyliError | undefined {
  if (state.kind === "closed") return closedError();
  return state.kind === "stopped" ? stoppedError(state) : undefined;
}

function filesHostOf(
  client: Client,
  options: ResolvedOptions,
  { isGuest, link }: { readonly isGuest: () => boolean; readonly link: Link },
) {
  const { clock, random, fetch, token, urls } = options;
  return {
    ...{ clock, random, fetch, token },
    get place() {
      const { state, userId } = client;
      const url = "url" in state ? state.url : urls[0] ?? "";
      return { url, userId: token === undefined ? userId : undefined };
    },
    pass: () => askPass(link),
    get online() {
      return client.state.kind === "online";
    },
    get isGuest() {
      return isGuest();
    },
    get stop() {
      return stopOf(client.state);
    },
  };
}

/** Asks the server for what proves over HTTP who this is. */
async function askPass(link: Link): Promise<string> {
  const { pass } = await link.enqueue({ type: "pass" });
  if (typeof pass === "string") return pass;
  throw new NotifyliError("invalid_reply", "The server gave no pass");
}

function linkOf(
  client: Client,
  { clock, random }: { clock: Clock; random: () => number },
  requests: Requests,
  enqueue: Link["enqueue"],
): Link {
  return {
    clock,
    random,
    get online() {
      return client.state.kind === "online";
    },
    request: (...asked) => requests.send(...asked),
    enqueue,
  };
}
