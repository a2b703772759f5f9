/**
 * Work that goes on beside a test, such as an application that sends all the time. It ends with the test's block: a test that fails
 * before it has asked for the end would leave it to run on without its servers, and its failure would end the whole file.
 */
export class Beside implements AsyncDisposable {
  readonly #ending = new AbortController();
  readonly #work: Promise<void>;

  /** @param work is to be over soon after its signal is aborted */
  constructor(work: (signal: AbortSignal) => Promise<void>) {
    this.#work = work(this.#ending.signal);
    this.#work.catch(() => {}); // `end` says it
  }

  /** Does it again and again, one time after the other, until the end or until it fails. */
  static again(work: (signal: AbortSignal) => Promise<unknown>): Beside {
    return new Beside(async (signal) => {
      while (!signal.aborted) await work(signal);
    });
  }

  /** Ends it, and resolves when it has ended; rejects where it failed, now or before. */
  end(): Promise<void> {
    this.#ending.abort();
    return this.#work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end().catch(() => {}); // a test that gets that far has asked for the end itself
  }
}
