/** The conversation that is open: it keeps it in the store, and does in it what the user wants; `chats.ts` opens it. */
import type {
  ChatMessage,
  MessageContent,
  MessageReceipts,
  OpenConversation,
} from "../../sdk/mod.ts";
import type { Store } from "../state/store.ts";
import type { Draft } from "../state/drafts.ts";
import type { Thread } from "../state/thread.ts";
import { FileList, type ListedFiles } from "./file_list.ts";

interface Teller {
  /** Tells the user what cannot be done. */
  tell(doing: Promise<unknown>): void;
}

/** So many messages are read at once. */
const PAGE_LENGTH = 60;

/** So many of the newest files are read at once, of all kinds. */
const RECENT_LENGTH = 24;

export class OpenThread {
  /** The library's own. */
  readonly open: OpenConversation;
  readonly #store: Store;
  readonly #teller: Teller;
  #news: Thread["news"] | undefined;
  #isClosed = false;
  #isLoading = false;
  readonly #files = new Map<ListedFiles, FileList>();

  constructor(open: OpenConversation, store: Store, teller: Teller) {
    this.open = open;
    this.#store = store;
    this.#teller = teller;
    open.on("changed", () => this.#show());
    open.ready.then(() => this.#show()); // also where there is no message that would have changed anything
    this.#show();
  }

  get id(): number {
    return this.open.id;
  }

  close(): void {
    this.#isClosed = true;
    this.open.close();
    this.#store.dispatch({ type: "thread_changed", thread: null });
  }

  /** The files of all its messages, whether or not these are loaded. */
  files(what: ListedFiles): FileList {
    const known = this.#files.get(what);
    if (known !== undefined) return known;
    const options = what === "recent"
      ? { limit: RECENT_LENGTH }
      : { kind: what, limit: PAGE_LENGTH };
    const list = new FileList(this.open, options);
    this.#files.set(what, list);
    return list;
  }

  loadBefore(): void {
    if (this.open.hasBefore) this.#load(() => this.open.loadBefore(PAGE_LENGTH));
  }

  loadAfter(): void {
    if (this.open.hasAfter) this.#load(() => this.open.loadAfter(PAGE_LENGTH));
  }

  /** Goes to the newest messages, where the window is around older ones. */
  async latest(): Promise<void> {
    if (this.open.hasAfter) await this.open.loadLatest();
  }

  /** Brings a message into the window. Returns whether there is such a one. */
  async jumpTo(message: number): Promise<boolean> {
    await this.open.ready;
    if (this.open.messages.some(({ id }) => id === message)) return true;
    try {
      await this.open.loadAround(message, PAGE_LENGTH);
      return true;
    } catch (error) {
      this.#teller.tell(Promise.reject(error));
      return false;
    }
  }

  /**
   * Sends, or changes what the draft edits. Each file is a message of its own: the first one answers what the draft answers, and
   * the last one has its words, so that these stand below them all.
   *
   * @param onRefused gets the draft of a change that was not made
   */
  say(draft: Draft, files: readonly File[], onRefused: (draft: Draft) => void): void {
    const { text, replyTo, editing, mentions = {} } = draft;
    const said = text.trim();
    if (editing !== undefined) {
      if (said === editing.text) return;
      const changing = this.open.edit(editing.id, { text: said });
      changing.catch(() => onRefused(draft));
      return this.#teller.tell(changing);
    }
    const named = Object.entries(mentions).filter(([, name]) => said.includes(`@${name}`));
    const answering = replyTo === undefined ? {} : { replyTo: replyTo.id };
    const words = {
      ...(said === "" ? {} : { text: said }),
      ...(named.length === 0 ? {} : { mentions: named.map(([userId]) => userId) }),
    };
    if (files.length === 0) return this.#send({ ...words, ...answering });
    for (const [index, file] of files.entries()) {
      this.#send({
        file,
        ...(index === 0 ? answering : {}),
        ...(index === files.length - 1 ? words : {}),
      });
    }
  }

  retry(message: ChatMessage): void {
    this.open.retry(message).catch(() => {});
  }

  discard(message: ChatMessage): void {
    this.open.discard(message);
  }

  unsend(message: ChatMessage): void {
    this.#teller.tell(this.open.unsend(message));
  }

  react(message: ChatMessage, emoji: string, isOn: boolean): void {
    this.#teller.tell(this.open.react(message, emoji, isOn));
  }

  receipts(message: ChatMessage): Promise<MessageReceipts> {
    return this.open.receipts(message);
  }

  /** The user has seen everything up to this offset. */
  seen(offset: number): void {
    const { info } = this.open;
    if (info === undefined || offset > info.read) this.open.markRead(offset);
  }

  typing(isTyping: boolean): void {
    this.open.typing(isTyping);
  }

  loadMoreMembers(): void {
    this.#teller.tell(this.open.loadMoreMembers());
  }

  #send(content: MessageContent): void {
    this.open.send(content).catch(() => {}); // the list shows what becomes of it
  }

  #load(load: () => Promise<void>): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#teller.tell(load().finally(() => (this.#isLoading = false)));
  }

  #show(): void {
    if (this.#isClosed) return;
    const { id, state, info, messages, hasBefore, hasAfter, members, hasMoreMembers } = this.open;
    if (info !== undefined) this.#news ??= { after: info.read, count: info.unread };
    for (const list of this.#files.values()) list.hear(messages);
    this.#store.dispatch({
      type: "thread_changed",
      thread: {
        ...{ id, state, info, messages, hasBefore, hasAfter, members, hasMoreMembers },
        typing: this.open.typingUsers,
        news: this.#news ?? { after: 0, count: 0 },
      },
    });
  }
}
