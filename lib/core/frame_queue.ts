/**
 * The frames of one connection that cannot be worked on at once: an earlier one takes its time, or the connection has had
 * its slice of this turn of the event loop. In the order they came, and never more than may wait.
 */
import { Queue } from "../base/queue.ts";
import { type Share, turns, type Waiter } from "./turns.ts";

/** Frames that may wait while an earlier one of the same connection is worked on; one more is a flood. */
export const MAX_WAITING_FRAMES = 1000;

/** With more than so many nothing more is read, where the carrier can wait: what has been read all the same is queued. */
const ENOUGH_WAITING = 64;

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
  #waitsForTurn = false;
  #isReadingPaused = false;

  constructor(owner: FrameOwner) {
    this.#owner = owner;
  }

  /** Has the frame worked on, at once or after those before it. */
  push(text: string): void {
    if (this.#waiting === undefined && !this.#isHeld) {
      if (turns.take(this)) return this.#owner.handle(text);
      this.#waitForTurn();
    }
    this.#waiting ??= new Queue();
    this.#waiting.push(text);
    if (this.#waiting.length > MAX_WAITING_FRAMES) this.#owner.overflow();
    else if (this.#waiting.length > ENOUGH_WAITING) this.#pauseReading();
  }

  /** Something came that asks for nothing, such as an empty line: it has cost the connection a frame of its slice. */
  note(): void {
    if (!turns.take(this)) this.#waitForTurn();
  }

  /** Until this is done, later frames wait. */
  hold(done: Promise<void>): void {
    this.#isHeld = true;
    done.finally(() => {
      this.#isHeld = false;
      if (!this.#waitsForTurn) this.#workOn();
    });
  }

  /** The turn that it waited for. */
  goOn(): void {
    this.#waitsForTurn = false;
    this.#workOn();
  }

  #workOn(): void {
    while (this.#waiting !== undefined && !this.#isHeld) {
      if (this.#owner.closed) return;
      if (!turns.take(this)) return this.#waitForTurn();
      const text = this.#waiting.shift();
      if (this.#waiting.length === 0) this.#waiting = undefined;
      if (text !== undefined) this.#owner.handle(text);
    }
    if (this.#waiting === undefined && !this.#waitsForTurn) this.#resumeReading();
  }

  #waitForTurn(): void {
    if (this.#waitsForTurn) return;
    this.#waitsForTurn = true;
    this.#pauseReading();
    turns.wait(this);
  }

  #pauseReading(): void {
    if (this.#isReadingPaused) return;
    this.#isReadingPaused = true;
    this.#owner.pauseReading();
  }

  #resumeReading(): void {
    if (!this.#isReadingPaused) return;
    this.#isReadingPaused = false;
    this.#owner.resumeReading();
  }
}
