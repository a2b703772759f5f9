/** What capabilities keep of each connection, without the kernel knowing what that is. */

/** What has slots: a connection. */
export interface Slotted {
  /** One place for each {@linkcode Slot}; filled by slots alone. */
  readonly slots: unknown[];
}

let count = 0;

/**
 * A place in every connection for one capability's own value. It costs an index, where a map of connections would cost a
 * search on every message's way.
 *
 * @example
 * ```ts
 * import { Slot } from "./slot.ts";
 * const COLOUR = new Slot<string>();
 * const connection = { slots: [] };
 * COLOUR.set(connection, "red");
 * console.log(COLOUR.of(connection));
 * ```
 */
export class Slot<Value> {
  readonly #index = count++;

  of({ slots }: Slotted): Value | undefined {
    return slots[this.#index] as Value | undefined; // nobody else has this index
  }

  set({ slots }: Slotted, value: Value | undefined): void {
    slots[this.#index] = value;
  }
}

/** The slots of a new connection. An array of their number takes a fifth of the memory of one that grows. */
export function emptySlots(): unknown[] {
  return new Array(count).fill(undefined);
}
