/**
 * Where payloads were that a node had to give up because it kept too much. They are lost only if no other node routes them,
 * so they are counted only when this node goes on at a place before them. The oldest are given up first, so their places
 * are few ranges: one between two marks.
 */
import { isUpTo, type Place } from "./place.ts";

/** Payloads after one mark. The place is that of the last one. */
interface Range extends Place {
  count: number;
}

export class DroppedPlaces {
  #ranges: Range[] = [];

  /** Adds a place, which is behind all that were added before. */
  add({ mark, index }: Place): void {
    const last = this.#ranges.at(-1);
    if (last?.mark !== mark) return void this.#ranges.push({ mark, index, count: 1 });
    last.index = index;
    last.count++;
  }

  /** Those that had no name are after all others of this mark. */
  name(mark: number, after: number): void {
    for (const range of this.#ranges) {
      if (range.mark === 0) Object.assign(range, { mark, index: range.index + after });
    }
  }

  /** All payloads up to this place are routed. */
  forget(upTo: Place): void {
    this.#ranges = this.#ranges.filter((range) => {
      if (isUpTo(range, upTo)) return false;
      // The last ones of a range are next to each other, so the place says how many of them are left.
      if (range.mark === upTo.mark) range.count = Math.min(range.count, range.index - upTo.index);
      return true;
    });
  }

  /** How many payloads there are. They are forgotten. */
  take(): number {
    const count = this.#ranges.reduce((sum, range) => sum + range.count, 0);
    this.#ranges = [];
    return count;
  }
}
