/**
 * Where the rows of a long list stand, of which few are in the page: each by its height, as measured or as it is guessed.
 * The heights are in a Fenwick tree, so that one that turns out to be another costs no walk over all rows.
 */

export class Offsets {
  readonly length: number;
  readonly #heights: Float64Array;
  /** At each index, counted from 1, the sum of as many heights up to it as the index's lowest bit says. */
  readonly #sums: Float64Array;
  #height = 0;

  constructor(heights: Iterable<number>, length: number) {
    this.length = length;
    this.#heights = new Float64Array(length);
    this.#sums = new Float64Array(length + 1);
    let index = 0;
    for (const height of heights) {
      this.#heights[index++] = height;
      this.#height += height;
      this.#sums[index] = (this.#sums[index] ?? 0) + height;
      const next = index + lowestBit(index);
      if (next <= length) this.#sums[next] = (this.#sums[next] ?? 0) + (this.#sums[index] ?? 0);
    }
  }

  /** Of all rows. */
  get height(): number {
    return this.#height;
  }

  heightOf(index: number): number {
    return this.#heights[index] ?? 0;
  }

  setHeight(index: number, height: number): void {
    const more = height - this.heightOf(index);
    this.#heights[index] = height;
    this.#height += more;
    for (let at = index + 1; at <= this.length; at += lowestBit(at)) {
      this.#sums[at] = (this.#sums[at] ?? 0) + more;
    }
  }

  /** The top of a row; behind the last one, the height of all. */
  topOf(index: number): number {
    if (index >= this.length) return this.#height;
    let top = 0;
    for (let at = index; at > 0; at -= lowestBit(at)) top += this.#sums[at] ?? 0;
    return top;
  }

  /** The row that covers a place, the last one where it lies below all. */
  at(place: number): number {
    let [index, rest] = [0, place];
    for (let step = highestBit(this.length); step > 0; step >>= 1) {
      const sum = this.#sums[index + step];
      if (sum === undefined || sum > rest) continue;
      index += step;
      rest -= sum;
    }
    return Math.min(index, Math.max(0, this.length - 1));
  }

  /** The rows that cover a stretch: the first, and the one after the last. */
  covering(from: number, to: number): readonly [number, number] {
    if (this.length === 0) return [0, 0];
    return [this.at(from), this.at(to) + 1];
  }
}

function lowestBit(index: number): number {
  return index & -index;
}

function highestBit(length: number): number {
  return length === 0 ? 0 : 2 ** (31 - Math.clz32(length));
}
