/** How far the changes of a room have come to this node, and who waits for one of them. */
import { pause } from "../base/clock.ts";

/** How long a change is waited for that does not come: a node of an older version may have told of it. */
const PATIENCE_MS = 1000;

interface Waiting {
  readonly version: number;
  readonly done: () => void;
}

export class HeardVersions {
  #last = 0;
  #waiting: readonly Waiting[] = [];

  /** The change with this version has come, or a list that has it. */
  note(version: number): void {
    this.#last = Math.max(this.#last, version);
    this.#let((each) => each.version <= this.#last);
  }

  /** Resolves when the change with the version has come, or will not come. */
  until(version: number): Promise<void> {
    if (version <= this.#last) return Promise.resolve();
    const come = new AbortController();
    this.#waiting = [...this.#waiting, { version, done: () => come.abort() }];
    return pause(PATIENCE_MS, come.signal);
  }

  /** Versions of before say nothing of those that come. */
  reset(): void {
    this.#last = 0;
    this.#let(() => true);
  }

  #let(go: (waiting: Waiting) => boolean): void {
    if (this.#waiting.length === 0) return;
    for (const each of this.#waiting) if (go(each)) each.done();
    this.#waiting = this.#waiting.filter((each) => !go(each));
  }
}
