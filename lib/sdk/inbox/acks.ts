/** Tells the server which notifications were taken: those of one tick in one frame. */
import type { Link } from "../core/requests.ts";
import { Retry } from "../core/retry.ts";

/** When it is full, the oldest is forgotten: the server then shows that one as sent, not as delivered. */
const PENDING_LIMIT = 1_000;

/** Ids in one frame. */
const BATCH_LIMIT = 100;

export class Acks {
  readonly #link: Link;
  /** Ids that the server has not answered for; they are kept when a connection ends. */
  readonly #pending = new Set<string>();
  /** Those of them that are on their way. */
  readonly #sent = new Set<string>();
  readonly #retry: Retry;
  #cancel: (() => void) | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.#retry = new Retry(link);
  }

  add(id: string): void {
    this.#pending.add(id);
    if (this.#pending.size > PENDING_LIMIT) {
      const [oldest = ""] = this.#pending;
      this.#pending.delete(oldest);
    }
    this.schedule();
  }

  /** Sends what is pending at the end of this tick, also what the last connection did not bring over. */
  schedule(): void {
    this.#cancel ??= this.#link.clock.after(0, () => this.#flush());
  }

  /** The connection is gone, and what was on its way must be sent again. */
  interrupt(): void {
    this.#sent.clear();
    this.#retry.reset();
  }

  /** Sends what is pending, and nothing after that. */
  close(): void {
    this.#flush();
    this.#retry.reset();
    this.#pending.clear();
  }

  #flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (!this.#link.online) return;
    const pending = [...this.#pending].filter((id) => !this.#sent.has(id));
    for (let start = 0; start < pending.length; start += BATCH_LIMIT) {
      const ids = pending.slice(start, start + BATCH_LIMIT);
      for (const id of ids) this.#sent.add(id);
      this.#link.request({ type: "ack", ids }, (reply) => {
        // What the server could not do now goes with the next ones, or after a pause.
        const isDone = reply.success || !reply.error.temporary;
        for (const id of ids) {
          this.#sent.delete(id);
          if (isDone) this.#pending.delete(id);
        }
        if (!isDone) this.#retry.later(() => this.#flush());
        else if (this.#pending.size === 0) this.#retry.reset();
      });
    }
  }
}
