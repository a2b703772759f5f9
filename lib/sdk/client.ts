/**
 * One user's client: it brings the session and the parts of the library together. A frame from `core/session.ts` goes to
 * the part that it concerns: rooms, topics or inbox.
 */
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
import { closedError, NotifyliError } from "./core/errors.ts";
import { Emitter, type Handler, throwLater } from "./core/events.ts";
import type { ResolvedOptions } from "./core/options.ts";
import type { Part } from "./core/part.ts";
import { readPresence } from "./core/replies.ts";
import type { Link } from "./core/requests.ts";
import { parseRoomFrame } from "./core/room_frames.ts";
import type { State } from "./core/server_connection.ts";
import { Session, type SessionFrame, type SessionHost } from "./core/session.ts";
import type { AttachedFile, Message, Published } from "./core/types.ts";
import { Files } from "./files/files.ts";
import type { FileUrlOptions, StoredFile, UploadOptions, UploadSource } from "./files/types.ts";
import { Notifications } from "./inbox/notifications.ts";
import { PositionStore } from "./inbox/position_store.ts";
import type { Lifetime } from "./core/lifetime.ts";
import { Preferences } from "./preferences/preferences.ts";
import { Devices } from "./push/devices.ts";
import { Push, type PushHost } from "./push/push.ts";
import { JoinedRooms } from "./rooms/joined_rooms.ts";
import type { SubscribeOptions, Subscription } from "./rooms/subscription.ts";
import type { TopicSubscription } from "./topics/topic_subscription.ts";
import { type TopicArguments, Topics } from "./topics/topics.ts";

export class Client {
  /** The user's notifications. */
  readonly notifications: Notifications;
  /** The topics that the user subscribes to, for programs that keep ids; others call `topic()`. */
  readonly topics: Topics;
  /** The user's devices, to which notifications are pushed that no open page has acknowledged. */
  readonly devices: Devices;
  /** Notifications that this browser shows while no page is open. */
  readonly push: Push;
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
  readonly #session: Session;

  /** Programs call `connect()` instead, which fills the options in. */
  constructor(options: ResolvedOptions) {
    this.#session = new Session(options, this.#host());
    const { link } = this.#session;
    const store = new PositionStore(options.storage, options.urls[0] ?? "", options.userId);
    this.notifications = new Notifications(link, store, {
      notification: (notification) => this.#events.emit("notification", notification),
      changed: (notification) => void this.#events.emit("notificationChanged", notification),
      unread: (unread) => this.#events.emit("unread", unread),
      gap: (gap) => this.#events.emit("gap", gap),
      failed: (error) => this.#fail(error),
    });
    this.#rooms = new JoinedRooms(link, {
      message: (message) => this.#events.emit("message", message),
      failed: (error) => this.#fail(error),
    });
    this.topics = new Topics(link, {
      failed: (error) => this.#fail(error),
      stopped: () => this.#session.stop,
    });
    this.#files = new Files(filesHostOf(this.#session, options));
    this.#chat = new Chat(link, {
      files: this.#files,
      storage: options.storage,
      storeSources: options.wakeSources,
      owner: () => this.#session.isGuest ? undefined : store.owner,
      self: () => ({ userId: this.userId, name: options.name ?? this.userId }),
      failed: (error) => this.#fail(error),
    });
    this.devices = new Devices(link);
    this.push = new Push(this.#pushHost(options));
    this.#preferences = new Preferences(link, (error) => this.#fail(error));
    this.#parts = [
      ...[this.#rooms, this.topics, this.notifications, this.#files, this.#chat],
      ...[this.#preferences, this.push],
    ];
    this.#session.connect();
  }

  get state(): State {
    return this.#session.state;
  }

  /**
   * The user's id. Where the options do not say it, it is empty until the server has; a guest has another one on each
   * connection.
   */
  get userId(): string {
    return this.#session.userId;
  }

  /** The site that the user is of, as the server says it. It is empty until the server has. */
  get siteId(): string {
    return this.#session.siteId;
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
    this.#session.connect();
  }

  /** Ends everything for good; what waits to be sent is rejected with `closed`. */
  close(): void {
    for (const part of this.#parts) part.close();
    this.#session.close();
  }

  #host(): SessionHost {
    return {
      position: () => this.notifications.position,
      connected: (connected) => {
        for (const part of this.#parts) part.connected(connected);
      },
      received: (frame) => this.#receive(frame),
      parse: parseRoomFrame,
      interrupted: () => {
        for (const part of this.#parts) part.interrupt();
      },
      changed: (state, stop) => {
        if (stop !== undefined) {
          this.topics.rejectAll(stop);
          this.#files.rejectAll(stop);
        }
        this.#events.emit("state", state);
      },
      failed: (error) => this.#fail(error),
    };
  }

  #pushHost({ urls }: ResolvedOptions): PushHost {
    const session = this.#session;
    const { devices } = this;
    return {
      ...{ devices, urls, link: session.link, failed: (error) => this.#fail(error) },
      get url() {
        const { state } = session;
        return "url" in state ? state.url : urls[0] ?? "";
      },
      get userId() {
        return session.userId;
      },
      get siteId() {
        return session.siteId;
      },
      get isGuest() {
        return session.isGuest;
      },
    };
  }

  #receive(frame: SessionFrame): void {
    switch (frame.type) {
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
        return this.notifications.change(
          frame.change,
          () => this.#events.emit("inbox", frame.change),
        );
      case "chat":
        return this.#chat.receive(frame.what, frame.fields);
      case "preferences":
        return this.#preferences.receive(frame.fields);
    }
  }

  #fail(error: NotifyliError): void {
    if (this.#events.emit("error", error)) return;
    if (error.code === "handler_failed") throwLater(error);
    else console.warn(`notifyli: ${error.message} (${error.code})`);
  }
}

function filesHostOf(session: Session, options: ResolvedOptions) {
  const { clock, random, fetch, token, urls } = options;
  return {
    ...{ clock, random, fetch, token },
    get place() {
      const { state, userId } = session;
      const url = "url" in state ? state.url : urls[0] ?? "";
      return { url, userId: token === undefined ? userId : undefined };
    },
    pass: () => askPass(session.link),
    get online() {
      return session.link.online;
    },
    get isGuest() {
      return session.isGuest;
    },
    get stop() {
      return session.stop;
    },
  };
}

/** Asks the server for what proves over HTTP who this is. */
async function askPass(link: Link): Promise<string> {
  const { pass } = await link.enqueue({ type: "pass" });
  if (typeof pass === "string") return pass;
  throw new NotifyliError("invalid_reply", "The server gave no pass");
}
