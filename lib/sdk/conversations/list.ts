/**
 * The list of conversations, as the server has it: read page by page, and from then on by what has changed since it was read
 * last, which is asked on each connection and wherever something came that cannot be explained.
 */
import { NotifyliError } from "../core/errors.ts";
import { type Link, readReply } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";
import type { ChatCommand } from "./commands.ts";
import { compareConversations, type Known } from "./known.ts";
import type { ConversationInfo } from "./types.ts";
import { type ListPage, readList } from "./wire.ts";

/** Conversations in the first answer, and in each that says what has changed. */
const PAGE_LIMIT = 50;
const CHANGES_LIMIT = 200;

interface ListEvents {
  /** The server has answered: these are conversations as it has them now. */
  answered(conversations: readonly ConversationInfo[]): void;
  /** The user is in a conversation no more. */
  removed(id: number): void;
  /** The user has read more than the server was told yet. */
  isAhead(): boolean;
  failed(error: NotifyliError): void;
}

/** One part of the conversations, by the server's pages: those that are archived, or the others. */
class Part {
  isLoaded = false;
  /** Where the next page begins. */
  next: string | undefined;
  /** The last conversation of the pages: those that are behind it are not all known. */
  last: ConversationInfo | undefined;

  take({ conversations, next }: ListPage): void {
    this.isLoaded = true;
    this.next = next;
    this.last = conversations.at(-1) ?? this.last;
  }

  has(info: ConversationInfo): boolean {
    if (!this.isLoaded) return false;
    return this.next === undefined || this.last === undefined ||
      compareConversations(info, this.last) <= 0;
  }
}

export class SyncedList {
  readonly #link: Link;
  readonly #known: Known;
  readonly #events: ListEvents;
  readonly #retry: Retry;
  readonly #parts = { open: new Part(), archived: new Part() };
  /** What the server said when it was asked last. */
  #synced: string | undefined;
  #isAsking = false;
  #isTaking = false;
  /** Something came while the server was asked, or what it answered was older than what came. */
  #isBehind = false;

  constructor(link: Link, known: Known, events: ListEvents) {
    this.#link = link;
    this.#known = known;
    this.#events = events;
    this.#retry = new Retry(link);
  }

  /** Many conversations are taken at once, of which is told when they are all there. */
  get isTaking(): boolean {
    return this.#isTaking;
  }

  isLoaded(isArchived: boolean): boolean {
    return this.#part(isArchived).isLoaded;
  }

  hasMore(isArchived: boolean): boolean {
    return this.#part(isArchived).next !== undefined;
  }

  items(isArchived: boolean): readonly ConversationInfo[] {
    const part = this.#part(isArchived);
    return this.#known.all
      .filter((info) => info.archived === isArchived && part.has(info))
      .sort(compareConversations);
  }

  /** Asks what has changed, or for all where nothing was asked yet. */
  sync(): void {
    if (!this.#link.online) return; // the next connection begins with it
    if (this.#isAsking) return void (this.#isBehind = true);
    this.#isAsking = true;
    this.#isBehind = false;
    if (this.#synced === undefined) this.#ask({ archived: false, limit: PAGE_LIMIT }, []);
    else this.#ask({ since: this.#synced, limit: CHANGES_LIMIT }, []);
  }

  /** Something came live that changes what is unread. Whether an answer on its way counts it, nobody knows. */
  heard(): void {
    if (this.#isAsking) this.#isBehind = true;
  }

  async loadMore(isArchived: boolean, limit = PAGE_LIMIT): Promise<void> {
    const part = this.#part(isArchived);
    const { next: cursor } = part;
    if (part.isLoaded && cursor === undefined) return;
    const data = await this.#link.enqueue({
      type: "conversations",
      archived: isArchived,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    if (part.next !== cursor) return; // somebody else has loaded it
    const page = readList(data);
    if (this.#takeAll(page.conversations)) this.sync();
    part.take(page);
    this.#events.answered(page.conversations);
  }

  interrupt(): void {
    this.#isAsking = false;
    this.#retry.reset();
  }

  #part(isArchived: boolean): Part {
    return isArchived ? this.#parts.archived : this.#parts.open;
  }

  #ask(
    command: Partial<Extract<ChatCommand, { type: "conversations" }>>,
    before: ListPage[],
  ): void {
    this.#link.request({ ...command, type: "conversations" }, (reply) => {
      const page = readReply(reply, readList);
      if (page instanceof NotifyliError) return this.#refused(page);
      const pages = [...before, page];
      const isMore = command.since !== undefined && page.next !== undefined;
      if (isMore) return this.#ask({ ...command, cursor: page.next as string }, pages);
      this.#isAsking = false;
      this.#answered(pages, command.since === undefined);
    });
  }

  #refused(error: NotifyliError): void {
    this.#isAsking = false;
    if (error.temporary) return this.#retry.later(() => this.sync());
    if (this.#synced !== undefined && error.field === "since") {
      this.#synced = undefined; // it was too long ago
      return this.sync();
    }
    this.#events.failed(error);
  }

  #answered(pages: readonly ListPage[], isFirst: boolean): void {
    const [first] = pages;
    const conversations = pages.flatMap((page) => page.conversations);
    this.#synced = first?.synced ?? this.#synced;
    if (this.#takeAll(conversations) || this.#events.isAhead()) this.#isBehind = true;
    const last = pages.at(-1);
    if (last?.unread !== undefined) this.#known.count(last.unread, conversations);
    if (isFirst && first !== undefined) this.#startOver(first);
    for (const id of pages.flatMap(({ removed }) => removed)) {
      this.#known.remove(id);
      this.#events.removed(id);
    }
    this.#events.answered(conversations);
    if (this.#isBehind) this.#retry.later(() => this.sync());
    else this.#retry.reset();
  }

  /** A list from its beginning: what was known of before may not be there any more. */
  #startOver(page: ListPage): void {
    const { open, archived } = this.#parts;
    if (open.isLoaded) this.#known.keep(new Set(page.conversations.map(({ id }) => id)));
    archived.isLoaded = false;
    open.take(page);
  }

  /** Returns whether any of them is older than what was heard. */
  #takeAll(conversations: readonly ConversationInfo[]): boolean {
    this.#isTaking = true;
    const old = conversations.filter((conversation) => this.#known.take(conversation));
    this.#isTaking = false;
    return old.length > 0;
  }
}
