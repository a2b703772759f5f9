/**
 * A part of a conversation's messages without holes: pages are put before and after it, and what is said or changed is put in
 * its place. `open_conversation.ts` asks the server for them.
 */
import type { ChatMessage, MessageStatus } from "./types.ts";
import type { MessagePage } from "./wire.ts";

/** When it is full, messages leave it at the other end; they can be loaded again. */
const WINDOW_LIMIT = 10_000;

export class MessageWindow {
  #items: readonly ChatMessage[] = [];
  #hasBefore = false;
  #hasAfter = false;

  /** Oldest first; another array after each change. */
  get items(): readonly ChatMessage[] {
    return this.#items;
  }

  get hasBefore(): boolean {
    return this.#hasBefore;
  }

  get hasAfter(): boolean {
    return this.#hasAfter;
  }

  get firstOffset(): number | undefined {
    return this.#items[0]?.offset;
  }

  get lastOffset(): number | undefined {
    return this.#items.at(-1)?.offset;
  }

  /** Shows another part. What is known of its messages already is not forgotten. */
  reset({ messages, hasBefore, hasAfter }: MessagePage): void {
    this.#items = [...messages].sort(byOffset);
    this.#hasBefore = hasBefore;
    this.#hasAfter = hasAfter;
  }

  /** Puts a page before the first message. */
  prepend({ messages, hasBefore }: MessagePage): void {
    const first = this.firstOffset ?? Infinity;
    const older = messages.filter(({ offset }) => offset < first).sort(byOffset);
    const items = [...older, ...this.#items];
    this.#hasBefore = hasBefore;
    if (items.length > WINDOW_LIMIT) this.#hasAfter = true;
    this.#items = items.slice(0, WINDOW_LIMIT);
  }

  /** Puts a page after the last message. */
  append({ messages, hasAfter }: MessagePage): void {
    const last = this.lastOffset ?? 0;
    const newer = messages.filter(({ offset }) => offset > last).sort(byOffset);
    this.#hasAfter = hasAfter;
    this.#add(newer);
  }

  /** Puts what was said or changed in its place, as far as that is in the window. Returns whether anything is. */
  apply(messages: readonly ChatMessage[]): boolean {
    let isChanged = false;
    for (const message of [...messages].sort(byOffset)) {
      if (this.#put(message)) isChanged = true;
    }
    return isChanged;
  }

  /** Own messages up to an offset have come so far. Returns whether that is new of one. */
  raise(upTo: number, status: MessageStatus): boolean {
    const isOlder = (message: ChatMessage) =>
      message.offset <= upTo && message.status !== undefined &&
      rankOf(message.status) < rankOf(status);
    if (!this.#items.some(isOlder)) return false;
    this.#items = this.#items.map((each) => isOlder(each) ? { ...each, status } : each);
    return true;
  }

  find(id: number): ChatMessage | undefined {
    return this.#items.find((message) => message.id === id);
  }

  #put(message: ChatMessage): boolean {
    const { offset } = message;
    const index = this.#indexOf(offset);
    const there = this.#items[index];
    if (there?.offset === offset) {
      if (message.changed < there.changed) return false;
      this.#splice(index, withStatus(message, there.status), 1);
      return true;
    }
    const isBefore = index === 0 && this.#hasBefore;
    const isAfter = index === this.#items.length && this.#hasAfter;
    if (isBefore || isAfter) return false; // it is beyond the window
    if (index === this.#items.length) this.#add([message]);
    else this.#splice(index, message, 0);
    return true;
  }

  #splice(index: number, message: ChatMessage, instead: 0 | 1): void {
    const items = [...this.#items];
    items.splice(index, instead, message);
    this.#items = items;
  }

  #add(newer: readonly ChatMessage[]): void {
    const items = [...this.#items, ...newer];
    if (items.length > WINDOW_LIMIT) this.#hasBefore = true;
    this.#items = items.slice(-WINDOW_LIMIT);
  }

  /** The index of the first message that has this offset or a later one. */
  #indexOf(offset: number): number {
    let [low, high] = [0, this.#items.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.offset ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A status moves forward only: a change that is told to all has the sender's as `sent`. */
function withStatus(message: ChatMessage, known: MessageStatus | undefined): ChatMessage {
  if (known === undefined || rankOf(message.status) >= rankOf(known)) return message;
  return { ...message, status: known };
}

function rankOf(status: MessageStatus | undefined): number {
  return status === undefined ? -1 : RANKS.indexOf(status);
}

const RANKS: readonly MessageStatus[] = ["failed", "pending", "sent", "delivered", "read"];

function byOffset(one: ChatMessage, other: ChatMessage): number {
  return one.offset - other.offset;
}
