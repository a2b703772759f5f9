/**
 * The frames of one connection that cannot be worked on at once: an earlier one takes its time, or the connection has had
 * its slice of this turn of the event loop. In the order they came, and never more than may wait.
 */
import { Queue } from "./queue.ts";
import { type Share, turns, type Waiter } from "./turns.ts";

/** Frames that may wait while an earlier one of the same connection is worked on; one more is a flood. */
export const MAX_WAITING_FRAMES = 1000;

/** Lines of one message, each a frame: one that is worked on, and those that may wait for it. One more is a flood. */
export const MAX_LINES = MAX_WAITING_FRAMES + 1;

/** Whose frames they are. */
export interface FrameOwner {
  readonly closed: boolean;
  /** Works on a frame, and tells by {@linkcode FrameQueue.hold} where that takes its time. */
  handle(text: string): void;
  /** More has come than may wait. */
  overflow(): void;
  /** What is not read yet shall wait where it is, until {@linkcode FrameOwner.resumeReading}. */
  pauseReading(): void;
  resumeReading(): void;
}

export class FrameQueue implements Share, Waiter {
  turn = 0;
  taken = 0;
  readonly #owner: FrameOwner;
  /** `undefined` while nothing waits: most connections never have anything here. */
  #waiting: Queue<string> | undefined;
  /** A frame is being worked on. */
  #isHeld = false;
  /** The connection waits for a later turn. */
  #isPaused = false;

  constructor(owner: FrameOwner) {
    this.#owner = owner;
  }

  /** Has the frame worked on, at once or after those before it. */
  push(text: string): void {
    if (this.#waiting === undefined && !this.#isHeld) {
      if (turns.take(this)) return this.#owner.handle(text);
      this.#pause();
    }
    this.#waiting ??= new Queue();
    this.#waiting.push(text);
    if (this.#waiting.length > MAX_WAITING_FRAMES) this.#owner.overflow();
  }

  /** Something came that asks for nothing, such as an empty line: it has cost the connection a frame of its slice. */
  note(): void {
    if (!turns.take(this)) this.#pause();
  }

  /** Until this is done, later frames wait. */
  hold(done: Promise<void>): void {
    this.#isHeld = true;
    done.finally(() => {
      this.#isHeld = false;
      if (!this.#isPaused) this.#workOn();
    });
  }

  /** The turn that it waited for. */
  goOn(): void {
    this.#isPaused = false;
    this.#workOn();
    if (!this.#isPaused) this.#owner.resumeReading();
  }

  #workOn(): void {
    while (this.#waiting !== undefined && !this.#isHeld) {
      if (this.#owner.closed) return;
      if (!turns.take(this)) return this.#pause();
      const text = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#waiting = undefined;
      if (text !== undefined) this.#owner.handle(text);
    }
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#owner.pauseReading();
    turns.wait(this);
  }
}
