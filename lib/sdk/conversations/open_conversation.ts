/** One conversation that is open; `feed.ts` has its messages, `members.ts` its members. */
import { NotifyliError } from "../core/errors.ts";
import { Emitter, type Handler } from "../core/events.ts";
import type { User } from "../core/types.ts";
import type { OpenConversation } from "./api.ts";
import type { ConversationChanges } from "./commands.ts";
import { commandOf, enclosedFile, quoteOf, wireId, withoutUndefined } from "./content.ts";
import { MessageFeed } from "./feed.ts";
import type { ChatHost } from "./host.ts";
import { MemberList } from "./members.ts";
import type {
  ChatMessage,
  ConversationEvents,
  ConversationFiles,
  ConversationInfo,
  ConversationMember,
  FilesOptions,
  GroupChange,
  MemberRole,
  MessageContent,
  MessageReceipts,
  MessageStatus,
} from "./types.ts";
import { TypingPace } from "./typing.ts";
import { readFileList, readInfo, readMessage, readReceipts, type Receipt } from "./wire.ts";

/** Where not all members are known, the server says how far messages have come: it is asked after so long. */
const STATUS_PAUSE_MS = 3_000;

export class Conversation implements OpenConversation {
  readonly id: number;
  readonly ready: Promise<void>;
  readonly #host: ChatHost;
  readonly #events: Emitter<ConversationEvents>;
  readonly #feed: MessageFeed;
  readonly #members: MemberList;
  readonly #typing: TypingPace;
  readonly #loads: boolean;
  readonly #onClose: () => void;
  #state: OpenConversation["state"] = "loading";
  #settle = () => {};
  #info: ConversationInfo | undefined;
  #cancelStatus: (() => void) | undefined;
  #isClosed = false;

  /** @param loads whether messages and members are shown */
  constructor(id: number, host: ChatHost, loads: boolean, onClose: () => void) {
    this.id = id;
    this.#host = host;
    this.#loads = loads;
    this.#onClose = onClose;
    this.#events = new Emitter((error) => host.failed(error));
    this.ready = new Promise((resolve) => void (this.#settle = resolve));
    this.#info = host.known.get(id);
    this.#feed = new MessageFeed(id, host, {
      changed: () => this.#emit("messages", this.messages),
      message: (message) => void this.#events.emit("message", message),
      loaded: () => this.#loaded(),
    });
    this.#members = new MemberList(id, host, () => {
      this.#raise();
      this.#emit("members", this.members);
    });
    this.#typing = new TypingPace(host.link, id);
    this.#feed.changed();
    if (!loads) this.#loaded();
  }

  get info(): ConversationInfo | undefined {
    return this.#info;
  }

  get state(): OpenConversation["state"] {
    return this.#state;
  }

  on<E extends keyof ConversationEvents>(
    event: E,
    handler: Handler<ConversationEvents[E]>,
  ): () => void {
    return this.#events.on(event, handler);
  }

  get members(): readonly ConversationMember[] {
    return this.#members.items;
  }

  get hasMoreMembers(): boolean {
    return this.#members.hasMore;
  }

  loadMoreMembers(): Promise<void> {
    return this.#members.loadMore();
  }

  get messages(): readonly ChatMessage[] {
    return this.#feed.shown;
  }

  get hasBefore(): boolean {
    return this.#feed.hasBefore;
  }

  get hasAfter(): boolean {
    return this.#feed.hasAfter;
  }

  loadBefore(limit?: number): Promise<void> {
    return this.#feed.loadBefore(limit);
  }

  loadAfter(limit?: number): Promise<void> {
    return this.#feed.loadAfter(limit);
  }

  loadAround(messageId: number, limit?: number): Promise<void> {
    return this.#feed.jump({ around: messageId }, limit);
  }

  loadLatest(): Promise<void> {
    return this.#feed.jump({});
  }

  send(content: MessageContent | string): Promise<ChatMessage> {
    const { replyTo, file, ...rest }: MessageContent = typeof content === "string"
      ? { text: content }
      : content;
    const quoted = typeof replyTo === "number" ? this.#feed.find(replyTo) : replyTo;
    const replyId = typeof replyTo === "number" ? replyTo : replyTo?.id;
    const { id: fileId, ...enclosed } = enclosedFile(file);
    const command = commandOf(this.id, { ...rest, file: fileId, replyTo: replyId });
    this.#typing.sent();
    if (this.hasAfter) this.loadLatest().catch(() => {}); // it is at the end that it is seen
    const sent = this.#host.sends.add(command, {
      ...enclosed,
      replyTo: quoted && quoteOf(quoted),
    });
    sent.catch(() => {}); // the list shows it, too
    return sent;
  }

  retry({ ownId = "" }: ChatMessage): Promise<ChatMessage> {
    const sent = this.#host.sends.retry(this.id, ownId);
    sent.catch(() => {});
    return sent;
  }

  discard({ ownId = "" }: ChatMessage): void {
    this.#host.sends.discard(this.id, ownId);
  }

  edit(
    message: ChatMessage | number,
    { text, data }: { text?: string; data?: unknown },
  ): Promise<ChatMessage> {
    const change = withoutUndefined({ text, data });
    return this.#change({ type: "edit", message: idOf(message), ...change });
  }

  unsend(message: ChatMessage | number): Promise<ChatMessage> {
    return this.#change({ type: "unsend", message: idOf(message) });
  }

  react(message: ChatMessage | number, emoji: string, on = true): Promise<ChatMessage> {
    const off = on ? {} : { on };
    return this.#change({ type: "react", message: idOf(message), emoji, ...off as { on?: false } });
  }

  async receipts(message: ChatMessage | number): Promise<MessageReceipts> {
    const { link } = this.#host;
    return readReceipts(await link.enqueue({ type: "receipts", message: idOf(message) }));
  }

  async files({ kind, limit, cursor }: FilesOptions = {}): Promise<ConversationFiles> {
    const asked = withoutUndefined({ kind, limit, cursor });
    const { link } = this.#host;
    return readFileList(await link.enqueue({ type: "files", conversation: this.id, ...asked }));
  }

  markRead(offset = this.#feed.lastOffset): void {
    const { known, pointers } = this.#host;
    const info = known.get(this.id);
    if (offset === undefined || (info !== undefined && offset <= info.read)) return;
    const isAll = info !== undefined && offset >= (info.lastMessage?.offset ?? info.offset);
    const none = isAll ? { unread: 0, mentions: 0 } : {}; // else the server says how many are left
    known.change(this.id, {
      read: offset,
      delivered: Math.max(offset, info?.delivered ?? 0),
      ...none,
    });
    pointers.tell(this.id, "read", offset);
  }

  typing(isTyping = true): void {
    this.#typing.tell(isTyping);
  }

  get typingUsers(): readonly User[] {
    return this.#info?.typing ?? [];
  }

  rename(name: string): Promise<ConversationInfo> {
    return this.change({ name });
  }

  change({ name, picture, data }: GroupChange): Promise<ConversationInfo> {
    const image = picture === "" ? null : picture;
    return this.#set(withoutUndefined({ name, picture: image, data }));
  }

  add(userIds: readonly (string | number)[]): Promise<ConversationInfo> {
    return this.#set({ add: userIds.map(wireId) });
  }

  remove(userIds: readonly (string | number)[]): Promise<ConversationInfo> {
    return this.#set({ remove: userIds.map(wireId) });
  }

  setRole(userId: string | number, role: MemberRole): Promise<ConversationInfo> {
    return this.#set({ roles: { [userId]: role } });
  }

  async leave(): Promise<void> {
    const { link } = this.#host;
    try {
      await link.enqueue({ type: "conversation", conversation: this.id, leave: true });
    } catch (error) {
      // The connection may have broken after it was done.
      if (!(error instanceof NotifyliError && error.code === "not_found")) throw error;
    }
    this.#host.gone(this.id);
  }

  mute(until: number | boolean = true): Promise<ConversationInfo> {
    return this.#set(typeof until === "number" ? { muted_until: until } : { muted: until });
  }

  pin(isPinned = true): Promise<ConversationInfo> {
    return this.#set({ pinned: isPinned });
  }

  archive(isArchived = true): Promise<ConversationInfo> {
    return this.#set({ archived: isArchived });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.interrupt();
    this.#feed.close();
    this.#settle();
    this.#onClose();
  }

  /** The client calls this and what follows: there is a connection, or it was just opened. */
  start(): void {
    if (this.#isClosed || this.#state === "gone" || !this.#loads) return;
    this.#members.load();
    this.#feed.start();
  }

  interrupt(): void {
    this.#feed.interrupt();
    this.#members.interrupt();
    this.#cancelStatus?.();
    this.#cancelStatus = undefined;
  }

  /** What is known of the conversation changed. */
  changed(): void {
    const before = this.#info;
    const info = this.#host.known.get(this.id);
    if (info === undefined || info === before) return;
    this.#info = info;
    if (info.with !== before?.with) this.#raise();
    this.#emit("info", info);
    if (info.typing !== before?.typing) this.#emit("typing", info.typing);
  }

  /** What waits to be sent changed. */
  sendsChanged(): void {
    this.#feed.changed();
  }

  stored(message: ChatMessage): void {
    this.#feed.stored(message);
  }

  receive(offset: number, message: ChatMessage): void {
    this.#feed.receive(offset, message);
  }

  passed(offset: number): void {
    this.#feed.passed(offset);
  }

  reloadMembers(): void {
    if (this.#loads && this.#state !== "gone") this.#members.load();
  }

  /** The user's own settings are others. */
  heardOwn(): void {
    this.#members.heard();
  }

  hearReceipts(receipts: readonly Receipt[]): void {
    this.#members.receive(receipts);
    if (this.#info?.kind === "private" || !this.#members.hasMore) return;
    this.#cancelStatus ??= this.#host.link.clock.after(STATUS_PAUSE_MS, () => {
      this.#cancelStatus = undefined;
      this.#feed.refresh();
    });
  }

  /** Somebody has left the conversation, or it has ended: the user is not in it. */
  goAway(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.interrupt();
    this.#settle();
    this.#emit("gone", undefined);
  }

  /** The user is in it again. */
  comeBack(): void {
    if (this.#state !== "gone" || this.#isClosed) return;
    this.#state = this.#feed.isLoaded || !this.#loads ? "ready" : "loading";
    this.start();
  }

  #loaded(): void {
    this.#state = "ready";
    this.#settle();
    this.#raise();
  }

  #emit<E extends keyof ConversationEvents>(event: E, value: ConversationEvents[E]): void {
    if (this.#isClosed) return;
    this.#events.emit(event, value);
    this.#events.emit("changed", undefined);
  }

  async #change(command: Parameters<ChatHost["link"]["enqueue"]>[0]): Promise<ChatMessage> {
    const { message } = await this.#host.link.enqueue(command);
    const changed = this.#host.own(readMessage(message));
    this.#feed.answered(changed);
    return changed;
  }

  async #set(changes: ConversationChanges): Promise<ConversationInfo> {
    const { link } = this.#host;
    const conversation = this.id;
    const data = await link.enqueue({ type: "conversation", conversation, ...changes });
    const info = this.#host.take(readInfo(data.conversation));
    const isOfMembers = "add" in changes || "remove" in changes || "roles" in changes;
    if (isOfMembers) this.reloadMembers();
    return info;
  }

  /** Marks own messages that all others have, as far as it is known of all of them. */
  #raise(): void {
    const { userId } = this.#host;
    const partner = this.#info?.with;
    const others = partner !== undefined
      ? [partner]
      : this.#members.hasMore
      ? []
      : this.members.filter((member) => member.userId !== userId);
    if (others.length === 0) return;
    const upTo = (pointer: "read" | "delivered") =>
      Math.min(...others.map((other) => other[pointer] ?? 0));
    const statuses: readonly MessageStatus[] = ["delivered", "read"];
    for (const status of statuses) this.#feed.raise(upTo(status as "read" | "delivered"), status);
  }
}

function idOf(message: ChatMessage | number): number {
  return typeof message === "number" ? message : message.id;
}
