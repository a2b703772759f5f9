/** Where the rows of a long list stand, of which few are in the page: each by its height, as measured or as it is guessed. */

export class Offsets {
  /** The top of each row, and after them the height of all. */
  readonly #tops: Float64Array;

  constructor(heights: Iterable<number>, length: number) {
    this.#tops = new Float64Array(length + 1);
    let top = 0;
    let index = 0;
    for (const height of heights) {
      top += height;
      this.#tops[++index] = top;
    }
  }

  get length(): number {
    return this.#tops.length - 1;
  }

  get height(): number {
    return this.topOf(this.length);
  }

  topOf(index: number): number {
    return this.#tops[Math.min(index, this.length)] ?? 0;
  }

  /** The row that covers a place, the last one where it lies below all. */
  at(place: number): number {
    let [low, high] = [0, Math.max(0, this.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.topOf(middle) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The rows that cover a stretch: the first, and the one after the last. */
  covering(from: number, to: number): readonly [number, number] {
    if (this.length === 0) return [0, 0];
    return [this.at(from), this.at(to) + 1];
  }
}
