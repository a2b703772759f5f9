/** The requests that are being answered, for a stop to wait for: an upload that is nearly done should not begin anew. */
export class Ongoing {
  #count = 0;
  #done: (() => void) | undefined;

  /** Counts a request until it is answered. A stream of events is answered once it has begun. */
  note(answer: Response | Promise<Response>): Response | Promise<Response> {
    if (!(answer instanceof Promise)) return answer;
    this.#count++;
    return answer.finally(() => {
      if (--this.#count === 0) this.#done?.();
    });
  }

  /** Resolves with `true` once none is left. */
  async settled(): Promise<true> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#done = resolve);
    return true;
  }
}
