/** First in, first out. An array's `shift` moves all items behind the first; a Map takes several times the memory. */
export class Queue<T> {
  /** The items before `#first` were taken, and are `undefined`. */
  #items: (T | undefined)[] = [];
  #first = 0;

  get length(): number {
    return this.#items.length - this.#first;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the oldest item; `undefined` if the queue is empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    // Once half of the array is taken, the rest moves to its start: that is one move for each item taken, at most.
    if (this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }

  /** The item that has `index` others before it; `undefined` if there is none. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index];
  }

  /** Puts an item in the place of the one that has `index` others before it. Throws a `RangeError` if there is none. */
  replace(index: number, item: T): void {
    if (index < 0 || index >= this.length) throw new RangeError(`There is no item ${index}`);
    this.#items[this.#first + index] = item;
  }
}
