/** Keeps the position in each inbox over a reload, under the name that the server has for whose it is. */
import type { KeyValueStore } from "../core/options.ts";
import { asObject } from "../core/frames.ts";
import { readPosition } from "../core/replies.ts";
import type { Position } from "../core/types.ts";

/** Whose an inbox is. */
interface Owner {
  /** The user's site; absent if the server is too old to say it. */
  readonly siteId: string | undefined;
  readonly userId: string;
}

const INBOX_PREFIX = "notifyli:inbox:";

export class PositionStore {
  readonly #store: KeyValueStore | undefined;
  readonly #server: string;
  /** The key of what says whose inbox it was, when the page last claimed to be the same user. */
  readonly #lastKey: string;
  /** The key of the inbox that is used. Until the server has said whose it is, it is the key of the last time. */
  #key: string | undefined;

  /**
   * @param server its address: positions of two servers have nothing to do with each other
   * @param claimed the user, where the page says it
   */
  constructor(store: KeyValueStore | undefined, server: string, claimed: string | undefined) {
    this.#store = store;
    this.#server = server;
    this.#lastKey = `notifyli:last:${JSON.stringify([server, claimed])}`;
    const key = this.#read(this.#lastKey);
    if (typeof key === "string") this.#key = key;
  }

  /** Whose inbox it is, as far as that is known: the server, site and user. */
  get owner(): string | undefined {
    return this.#key?.slice(INBOX_PREFIX.length);
  }

  /** The server says whose inbox it is. Returns whether the positions were of that one until now. */
  open({ siteId, userId }: Owner): boolean {
    const key = INBOX_PREFIX + JSON.stringify([this.#server, siteId, userId]);
    if (key === this.#key) return true;
    this.#key = key;
    this.#write(this.#lastKey, key);
    return false;
  }

  load(): Position | undefined {
    return this.#key === undefined ? undefined : readPosition(asObject(this.#read(this.#key)));
  }

  save(position: Position): void {
    if (this.#key !== undefined) this.#write(this.#key, position);
  }

  #read(key: string): unknown {
    try {
      const text: unknown = this.#store?.getItem(key) ?? "null";
      ignore(text);
      return JSON.parse(String(text));
    } catch {
      return undefined; // unreadable, or not allowed: as if there were none
    }
  }

  #write(key: string, value: unknown): void {
    try {
      ignore(this.#store?.setItem(key, JSON.stringify(value)));
    } catch {
      // Full, or not allowed: after a reload all that is unread comes again.
    }
  }
}

/** Programs without types give stores that answer by promises, whose errors nobody would hear. */
function ignore(answer: unknown): void {
  if (answer instanceof Promise) answer.catch(() => {});
}
