/** Slots let capabilities keep values with each connection, without the kernel knowing what they are. */

/** An object with slots: a connection. */
export interface Slotted {
  /** One value for each {@linkcode Slot}. Only slots read and write this list. */
  readonly slots: unknown[];
}

let count = 0;

/**
 * A place in every connection for a value of one capability. It costs one array index on every message's way; a map by
 * connection would cost a search.
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
    return slots[this.#index] as Value | undefined; // no other slot has this index
  }

  set({ slots }: Slotted, value: Value | undefined): void {
    slots[this.#index] = value;
  }
}

/** The slots of a new connection. An array of their number takes a fifth of the memory of one that grows. */
export function emptySlots(): unknown[] {
  return new Array(count).fill(undefined);
}
