/**
 * Keeps the messages that wait to be sent over a reload, in the store that the application gave. Several tabs may share it: each
 * message is put in and taken out by its id, and whatever other tabs have there stays.
 */
import { asObject } from "../core/frames.ts";
import type { KeyValueStore } from "../core/options.ts";
import type { AttachedFile } from "../core/types.ts";
import type { MessageCommand } from "./commands.ts";
import type { QuotedMessage } from "./types.ts";

/** A message that waits. */
export interface StoredSend {
  readonly command: MessageCommand;
  /** Unix seconds. */
  readonly createdAt: number;
  readonly replyTo?: QuotedMessage | undefined;
  /** What is known of its file; without an id where that is not uploaded, since its bytes cannot be kept here. */
  readonly file?: AttachedFile | undefined;
  /** Why it failed. */
  readonly failed?: { readonly code: string; readonly message: string } | undefined;
}

/** Messages in the store, and UTF-16 units of all of them: what is above that waits in memory alone. */
const STORED_LIMIT = 200;
const STORED_LENGTH = 500_000;

export class SendStore {
  readonly #store: KeyValueStore | undefined;
  /** Whose messages these are; `undefined` where that is not known, so that nothing is kept. */
  #key: string | undefined;

  constructor(store: KeyValueStore | undefined) {
    this.#store = store;
  }

  /** Under which they are in the store; `undefined` where none are. */
  get key(): string | undefined {
    return this.#key;
  }

  /** @param owner the server, site and user. Returns whether it was another one until now */
  open(owner: string | undefined): boolean {
    if (this.isOf(owner)) return false;
    this.#key = keyOf(owner);
    return true;
  }

  /** Whether it is opened for this owner. */
  isOf(owner: string | undefined): boolean {
    return keyOf(owner) === this.#key;
  }

  /** What waits, the oldest first. */
  load(): readonly StoredSend[] {
    if (this.#key === undefined) return [];
    try {
      const value: unknown = JSON.parse(this.#store?.getItem(this.#key) ?? "[]");
      return (Array.isArray(value) ? value : []).filter(isStoredSend);
    } catch {
      return []; // unreadable, or not allowed: as if nothing waited
    }
  }

  has(id: string): boolean {
    return this.load().some(({ command }) => command.id === id);
  }

  /** Keeps a message, in its place where it is there already. Returns whether there was room for it. */
  put(send: StoredSend): boolean {
    const all = [...this.load()];
    const index = all.findIndex(({ command }) => command.id === send.command.id);
    all.splice(index < 0 ? all.length : index, 1, send);
    return this.#save(all);
  }

  remove(id: string): void {
    const all = this.load();
    const rest = all.filter(({ command }) => command.id !== id);
    if (rest.length < all.length) this.#save(rest);
  }

  #save(sends: readonly StoredSend[]): boolean {
    const text = JSON.stringify(sends);
    if (this.#key === undefined || sends.length > STORED_LIMIT || text.length > STORED_LENGTH) {
      return false;
    }
    try {
      this.#store?.setItem(this.#key, text);
      return this.#store !== undefined;
    } catch {
      return false; // full, or not allowed: it waits in memory
    }
  }
}

function keyOf(owner: string | undefined): string | undefined {
  return owner && `notifyli:sends:${owner}`;
}

function isStoredSend(value: unknown): value is StoredSend {
  const { type, conversation, id } = asObject(asObject(value).command);
  return type === "message" && typeof conversation === "number" && typeof id === "string";
}
