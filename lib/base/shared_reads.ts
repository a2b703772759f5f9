/**
 * Lets those who ask the same thing at the same time share one answer. Whoever asks gets an answer that was begun after
 * asking, so that it has all that had happened by then.
 */

interface Reading<T> {
  readonly running: Promise<T>;
  /** The reading after the running one, for those who asked meanwhile. */
  next?: Promise<T>;
}

export class SharedReads<T> {
  /** The readings under way, by what is asked. */
  readonly #readings = new Map<string, Reading<T>>();

  /** Resolves or rejects as `read` does, which may be somebody else's for the same key. */
  read(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#readings.get(key);
    if (reading === undefined) return this.#begin(key, read);
    return reading.next ??= reading.running.then(() => {}, () => {})
      .then(() => this.#begin(key, read));
  }

  #begin(key: string, read: () => Promise<T>): Promise<T> {
    const reading: Reading<T> = { running: read() };
    this.#readings.set(key, reading);
    const end = () => {
      if (this.#readings.get(key) === reading) this.#readings.delete(key);
    };
    reading.running.then(end, end);
    return reading.running;
  }
}
