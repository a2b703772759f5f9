/**
 * All that the client knows of conversations, contacts and who is there. Nothing is asked of the server, and nothing comes from
 * it, before the application reads one of these. What comes goes to the list (`list.ts`) and to the conversations that
 * are open (`open_conversation.ts`).
 */
import type { Part } from "../core/part.ts";
import type { NotifyliError } from "../core/errors.ts";
import type { Handler } from "../core/events.ts";
import { asObject, type JsonObject, parseUser } from "../core/frames.ts";
import { type Lifetime, requireLifetime, watchLifetime } from "../core/lifetime.ts";
import type { KeyValueStore } from "../core/options.ts";
import type { Link } from "../core/requests.ts";
import { watchStore } from "../core/store_watch.ts";
import type { User } from "../core/types.ts";
import type { WakeSource } from "../core/wake.ts";
import type { ConversationOptions, PresenceWatch } from "./api.ts";
import { Contacts, privacyOf } from "./contacts.ts";
import { Conversations } from "./conversations.ts";
import type { Uploader } from "./file_uploads.ts";
import type { ChatHost } from "./host.ts";
import { Known } from "./known.ts";
import { SyncedList } from "./list.ts";
import { Conversation } from "./open_conversation.ts";
import { Pointers } from "./pointers.ts";
import { further, raised } from "./reached.ts";
import { Sends } from "./sends.ts";
import { SendStore } from "./send_store.ts";
import type { ChatMessage, ConversationInfo, UserPresence } from "./types.ts";
import { Typists } from "./typing.ts";
import { PresenceWatches } from "./watches.ts";
import { list } from "./fields.ts";
import { readChanges, readMessage, readReceipt, type Receipt, type Seen } from "./wire.ts";

interface ChatOptions {
  readonly files: Uploader;
  readonly storage: KeyValueStore | undefined;
  /** Where it is heard that another tab has changed the store. */
  readonly storeSources: readonly WakeSource[];
  /** The server, site and user, by which what waits is kept; `undefined` where that is not known, or of no meaning. */
  owner(): string | undefined;
  self(): User;
  failed(error: NotifyliError): void;
}

export class Chat implements Part, ChatHost {
  readonly link: Link;
  readonly known: Known;
  readonly sends: Sends;
  readonly pointers: Pointers;
  readonly list: SyncedList;
  readonly privacy;
  readonly #options: ChatOptions;
  readonly #conversations: Conversations;
  readonly #typists: Typists;
  readonly #presence: PresenceWatches;
  readonly #stopWatching: () => void;
  readonly #open = new Set<Conversation>();
  #contacts: Contacts | undefined;
  /** The application uses conversations. */
  #isActive = false;
  /** The server tells this connection what happens: what it is asked from now on misses nothing. */
  #isSubscribed = false;

  constructor(link: Link, options: ChatOptions) {
    this.link = link;
    this.#options = options;
    this.known = new Known((id) => this.#changed(id));
    const store = new SendStore(options.storage);
    this.sends = new Sends(link, { store, uploader: options.files }, {
      stored: (message) => this.#stored(message),
      changed: (id) => this.#sendsChanged(id),
      self: options.self,
    });
    this.#stopWatching = watchStore(
      options.storeSources,
      () => store.key,
      () => this.sends.compare(),
    );
    this.pointers = new Pointers(link, (id, seen) => this.#seen(id, seen));
    this.list = new SyncedList(link, this.known, {
      answered: (conversations) => {
        this.#subscribed();
        this.#answered(conversations);
      },
      removed: (id) => this.gone(id),
      isAhead: () => this.pointers.isReading,
      failed: (error) => this.failed(error),
    });
    this.#conversations = new Conversations(this);
    this.#typists = new Typists(link.clock, (id, typing) => this.known.change(id, { typing }));
    this.#presence = new PresenceWatches(link, (error) => this.failed(error));
    this.privacy = privacyOf(link);
  }

  get conversations(): Conversations {
    this.#activate();
    return this.#conversations;
  }

  get contacts(): Contacts {
    if (this.#contacts === undefined) {
      this.#contacts = new Contacts(this.link, this.#presence, (error) => this.failed(error));
      this.#contacts.load();
    }
    return this.#contacts;
  }

  get userId(): string {
    return this.#options.self().userId;
  }

  open(id: number, { load = true, ...lifetime }: ConversationOptions): Conversation {
    requireLifetime(lifetime);
    this.#activate();
    let unwatch = () => {};
    const conversation = new Conversation(id, this, load, () => {
      unwatch();
      this.#open.delete(conversation);
    });
    this.#open.add(conversation);
    if (this.#isSubscribed) conversation.start();
    unwatch = watchLifetime(lifetime, () => conversation.close());
    return conversation;
  }

  watch(
    userIds: readonly (string | number)[],
    handler: Handler<UserPresence>,
    lifetime: Lifetime,
  ): PresenceWatch {
    return this.#presence.watch(userIds, handler, lifetime);
  }

  setAway(isAway: boolean): void {
    this.#presence.setAway(isAway);
  }

  /** The client calls this and the next three. */
  connected(): void {
    this.#presence.connected();
    this.#contacts?.load();
    if (!this.#isActive) return;
    this.sends.restore(this.#options.owner());
    this.#start();
  }

  interrupt(): void {
    this.#isSubscribed = false;
    this.list.interrupt();
    this.sends.interrupt();
    this.pointers.interrupt();
    this.#presence.interrupt();
    this.#contacts?.interrupt();
    for (const conversation of this.#open) conversation.interrupt();
  }

  close(): void {
    this.#stopWatching();
    this.pointers.close();
    this.sends.close();
    this.list.interrupt();
    this.#typists.close();
    this.#contacts?.close();
    this.#presence.close();
    for (const conversation of [...this.#open]) conversation.close();
  }

  receive(what: string, fields: JsonObject): void {
    try {
      this.#receive(what, fields);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.failed(error);
      if (this.#isActive) this.list.sync(); // the answer says what the frame could not
    }
  }

  take(answer: ConversationInfo): ConversationInfo {
    if (this.known.take(answer)) this.list.sync();
    this.#answered([answer]);
    return this.known.get(answer.id) ?? answer;
  }

  own(message: ChatMessage): ChatMessage {
    const isOwn = message.userId === this.userId && message.kind !== "system";
    return isOwn && message.status === undefined ? { ...message, status: "sent" } : message;
  }

  gone(id: number): void {
    this.known.remove(id);
    for (const conversation of this.#opened(id)) conversation.goAway();
  }

  failed(error: NotifyliError): void {
    if (!this.#conversations.emit("error", error)) this.#options.failed(error);
  }

  #activate(): void {
    if (this.#isActive) return;
    this.#isActive = true;
    this.sends.restore(this.#options.owner());
    if (this.link.online) this.#start();
  }

  #start(): void {
    this.list.sync(); // the open conversations are asked for when it is answered
    this.sends.flush();
    this.pointers.schedule();
  }

  #subscribed(): void {
    if (this.#isSubscribed || !this.link.online) return;
    this.#isSubscribed = true;
    for (const conversation of this.#open) conversation.start();
  }

  #receive(what: string, fields: JsonObject): void {
    if (what === "user_presence") return this.#presence.receive(fields);
    if (what === "contacts_changed") return this.#contacts?.receive(fields);
    const id = Number(fields.conversation);
    if (!this.#isActive || !Number.isSafeInteger(id)) return;
    const offset = Number(fields.offset ?? 0);
    switch (what) {
      case "new_message":
        return this.#newMessage(id, offset, this.own(readMessage(fields.message)));
      case "message_changed":
        return this.#messageChanged(id, offset, this.own(readMessage(fields.message)));
      case "conversation_changed":
        return this.#conversationChanged(id, offset, fields);
      case "receipt":
        return this.#receipts(id, list(fields.receipts, "receipts").map(readReceipt));
      case "typing": {
        const user = parseUser(fields);
        if (user === undefined || user.userId === this.userId) return;
        return this.#typists.hear(id, user, fields.typing !== false);
      }
    }
  }

  #newMessage(id: number, offset: number, message: ChatMessage): void {
    const { userId, kind } = message;
    const isOwn = userId === this.userId;
    const info = this.known.get(id);
    const isLast = offset > (info?.lastMessage?.offset ?? 0);
    // A system message may have the offset of the change that it tells of.
    const isNew = info === undefined || offset > info.offset ||
      (offset === info.offset && kind === "system" && isLast);
    if (info === undefined) this.list.sync();
    else if (isNew) {
      this.#expect(info, offset);
      const last = isLast ? { lastMessage: message } : {};
      this.known.change(id, { offset, ...last, ...this.#countsAfter(info, message) });
    }
    if (!isOwn) this.#typists.hear(id, { userId, name: message.name }, false);
    for (const conversation of this.#opened(id)) conversation.receive(offset, message);
    this.sends.settle(message);
    if (isOwn || !isNew) return;
    if (kind !== "system") this.pointers.tell(id, "delivered", offset);
    this.#conversations.emit("message", message);
  }

  /** What is unread after a message. Who sends one has read what was there before. */
  #countsAfter(info: ConversationInfo, message: ChatMessage): Partial<ConversationInfo> {
    const { offset, userId, mentions, kind } = message;
    if (kind === "system" || offset <= info.read) return {};
    if (userId === this.userId) return { unread: 0, mentions: 0, read: offset, delivered: offset };
    const isNamed = mentions.includes(this.userId);
    return { unread: info.unread + 1, mentions: info.mentions + Number(isNamed) };
  }

  #messageChanged(id: number, offset: number, message: ChatMessage): void {
    const info = this.known.get(id);
    if (info !== undefined && offset > info.offset) {
      this.#expect(info, offset);
      const isLast = info.lastMessage?.id === message.id;
      this.known.change(id, { offset, ...(isLast ? { lastMessage: message } : {}) });
      // Whom it names now, and named before, is in the server's count.
      if (info.mentions > 0 || message.mentions.includes(this.userId)) this.list.sync();
    }
    for (const conversation of this.#opened(id)) conversation.receive(offset, message);
  }

  #conversationChanged(id: number, offset: number, { change, data }: JsonObject): void {
    if (change === "removed" || change === "ended") return this.gone(id);
    const changes = readChanges(asObject(data));
    const info = this.known.get(id);
    if (info === undefined || change === "created") {
      this.list.sync();
      for (const conversation of this.#opened(id)) conversation.comeBack();
      return;
    }
    this.#expect(info, offset);
    const isOlder = changes.read !== undefined && changes.read < info.read;
    const { read: _, delivered: __, unread: ___, mentions: ____, ...settings } = changes;
    const upTo = { offset: Math.max(info.offset, offset) };
    this.known.change(id, { ...isOlder ? settings : changes, ...upTo });
    for (const conversation of this.#opened(id)) {
      if (offset > 0) conversation.passed(offset);
      if (change === "own") conversation.heardOwn();
      else conversation.reloadMembers();
    }
  }

  #receipts(id: number, receipts: readonly Receipt[]): void {
    const info = this.known.get(id);
    const partner = info?.with;
    const own = receipts.find(({ userId }) => userId === partner?.userId);
    if (info !== undefined && partner !== undefined && own !== undefined) {
      const reached = { ...partner, ...further(partner, own) };
      this.known.change(id, { with: reached, ...raised(info.lastMessage, reached) });
    }
    for (const conversation of this.#opened(id)) conversation.hearReceipts(receipts);
  }

  /** Each event of a conversation has the next offset: where one is missing, the server says what it was. */
  #expect(info: ConversationInfo, offset: number): void {
    if (offset > info.offset + 1) this.list.sync();
    else this.list.heard();
  }

  #stored(message: ChatMessage): void {
    for (const conversation of this.#opened(message.conversation)) conversation.stored(message);
    const { id, offset, conversation } = message;
    const info = this.known.get(conversation);
    // What others said before it is on its way, so the offset stays.
    if (info === undefined || offset <= (info.lastMessage?.offset ?? 0)) return;
    this.list.heard();
    this.known.change(conversation, {
      ...(id > 0 ? { lastMessage: message } : {}),
      read: Math.max(info.read, offset),
      unread: 0,
      mentions: 0,
    });
  }

  #sendsChanged(id: number): void {
    const waiting = this.sends.of(id);
    const failed = waiting.filter(({ status }) => status === "failed").length;
    this.known.change(id, { pending: waiting.length - failed, failed });
    for (const conversation of this.#opened(id)) conversation.sendsChanged();
  }

  #seen(id: number, { read, delivered, unread, mentions }: Seen): void {
    const info = this.known.get(id);
    if (info === undefined || read < info.read) return;
    this.list.heard();
    this.known.change(id, { read, delivered, unread, mentions });
  }

  /** Tells the server what has come here with its answers. */
  #answered(conversations: readonly ConversationInfo[]): void {
    for (const { id, offset, delivered, unread } of conversations) {
      if (unread > 0 && delivered < offset) this.pointers.tell(id, "delivered", offset);
      if (this.sends.of(id).length > 0) this.#sendsChanged(id);
      for (const conversation of this.#opened(id)) conversation.passed(offset);
    }
    this.#conversations.changed();
  }

  #changed(id: number): void {
    for (const conversation of this.#opened(id)) conversation.changed();
    this.#conversations.changed(this.list.isTaking);
  }

  #opened(id: number): Conversation[] {
    return [...this.#open].filter((conversation) => conversation.id === id);
  }
}

function isUnreadable(error: unknown): error is NotifyliError {
  return (error as NotifyliError).code === "invalid_reply";
}
