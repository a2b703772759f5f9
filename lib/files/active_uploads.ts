/** The uploads that are worked on right now by this process, each by one request at a time. Next: `leases.ts`, for all nodes. */
import { CodedError } from "../base/errors.ts";

interface Active {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class ActiveUploads {
  readonly #active = new Map<string, Active>();

  get size(): number {
    return this.#active.size;
  }

  has(id: string): boolean {
    return this.#active.has(id);
  }

  /**
   * Works on an upload alone. Whoever works on it is told to stop: the connection of a client that comes back is often still taken for
   * open, and would keep the client out for as long as nobody notices.
   *
   * @param work stops soon after `stop` aborts, which it may abort itself
   */
  async alone<Result>(
    id: string,
    work: (stop: AbortController) => Promise<Result>,
  ): Promise<Result> {
    for (let other = this.#active.get(id); other !== undefined; other = this.#active.get(id)) {
      other.stop.abort(interrupted());
      await other.done;
    }
    const stop = new AbortController();
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#active.set(id, { stop, done });
    try {
      return await work(stop);
    } finally {
      this.#active.delete(id);
      resolve();
    }
  }
}

function interrupted(): CodedError {
  return new CodedError(
    "offset_mismatch",
    "The upload was interrupted: another request goes on with it",
  );
}
