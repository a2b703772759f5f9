/** Work that runs in the background, and that a stop waits for. */
import { Backlog } from "../base/backlog.ts";

/** How much of what can wait is under way at once. What goes to Redis fills a few calls with it, and none waits behind. */
const LATER_AT_ONCE = 400;

/** Work that is begun when its turn comes. */
interface Later {
  readonly what: string;
  begin(): Promise<void>;
}

export class Background {
  readonly #running = new Set<Promise<void>>();
  readonly #later: Backlog<Later>;
  readonly #onFailure: (what: string, error: unknown) => void;

  constructor(onFailure: (what: string, error: unknown) => void) {
    this.#onFailure = onFailure;
    this.#later = new Backlog({
      atOnce: LATER_AT_ONCE,
      work: ({ what, begin }) => begin().catch((error) => onFailure(what, error)),
    });
  }

  /** @param what names the work in the log if it fails */
  run(what: string, work: Promise<void>): void {
    const done = work.catch((error) => this.#onFailure(what, error)).finally(() =>
      this.#running.delete(done)
    );
    this.#running.add(done);
  }

  /**
   * Work for which nobody waits, and of which there may be very much at once, as what connections leave behind. It is
   * begun at once where there is little of it, else after what came before.
   */
  later(what: string, begin: () => Promise<void>): void {
    this.#later.push({ what, begin });
  }

  /** Resolves when nothing is under way; work that begins in the meantime counts too. */
  async settled(): Promise<void> {
    while (this.#running.size > 0 || !this.#later.isEmpty) {
      await Promise.all([...this.#running, this.#later.settled()]);
    }
  }
}
