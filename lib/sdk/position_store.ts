/** Keeps a position in the inbox over a reload. */
import type { KeyValueStore } from "./options.ts";
import { asFields } from "./frames.ts";
import { readPosition } from "./replies.ts";
import type { Position } from "./types.ts";

export class PositionStore {
  readonly #store: KeyValueStore | undefined;
  readonly #key: string;

  /** @param server its address: positions of two servers have nothing to do with each other */
  constructor(store: KeyValueStore | undefined, server: string, userId: string) {
    this.#store = store;
    this.#key = `notifyli:inbox:${server}:${userId}`;
  }

  load(): Position | undefined {
    try {
      return readPosition(asFields(JSON.parse(this.#store?.getItem(this.#key) ?? "null")));
    } catch {
      return undefined; // unreadable, or not allowed: as if there were none
    }
  }

  save(position: Position): void {
    try {
      this.#store?.setItem(this.#key, JSON.stringify(position));
    } catch {
      // Full, or not allowed: after a reload all that is unread comes again.
    }
  }
}
