/**
 * The frames of one connection that have to wait, in order: an earlier frame takes its time, or the connection has had
 * its slice of this turn of the event loop. Frames of several lanes (`lanes.ts`) do not wait for each other. The queue is
 * bounded.
 */
import { Queue } from "../base/queue.ts";
import { type LanePlace, Lanes, type LaneWork } from "./lanes.ts";
import { type Share, turns, type Waiter } from "./turns.ts";

/** How many frames may wait while an earlier one of the same connection is worked on. One more is a flood. */
const MAX_WAITING_FRAMES = 1000;

/** With more frames than this waiting, reading pauses. Frames that were read already are still queued. */
const ENOUGH_WAITING = 64;

/** How many lines, each a frame, one message may have: one is worked on while the others wait. One more is a flood. */
export const MAX_LINES = MAX_WAITING_FRAMES + 1;

/** The connection that the frames came from. */
export interface FrameOwner {
  readonly closed: boolean;
  /** Works on a frame, and calls {@linkcode FrameQueue.hold} or {@linkcode FrameQueue.runIn} if that takes its time. */
  handle(text: string): void;
  /** More frames have come than may wait. */
  overflow(): void;
  /** Leaves data unread until {@linkcode FrameOwner.resumeReading}, if the socket can do so. */
  pauseReading(): void;
  resumeReading(): void;
}

export class FrameQueue implements Share, Waiter {
  turn = 0;
  taken = 0;
  readonly #owner: FrameOwner;
  /** `undefined` while nothing waits: on most connections nothing ever does. */
  #waiting: Queue<string> | undefined;
  /** Whether no other frame may begin: one is being worked on, or the lanes are full. */
  #isHeld = false;
  /** The frames that are worked on beside each other; `undefined` while there are none. */
  #lanes: Lanes | undefined;
  #areLanesFull = false;
  /** Whether the connection waits for a later turn. */
  #waitsForTurn = false;
  #isReadingPaused = false;

  constructor(owner: FrameOwner) {
    this.#owner = owner;
  }

  /** Works on the frame now, or after those before it. */
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

  /** Counts something that asks for nothing, such as an empty line, as a frame of the connection's slice. */
  note(): void {
    if (!turns.take(this)) this.#waitForTurn();
  }

  /** Whether frames are worked on beside each other. */
  get hasLanes(): boolean {
    return this.#lanes !== undefined;
  }

  /** Does the work beside that of other lanes, and after that of its own. Frames without a lane wait for it. */
  runIn(place: LanePlace, work: LaneWork): void {
    const lanes = this.#lanes ??= new Lanes();
    const done = lanes.run(place, work);
    if (lanes.isEmpty) this.#lanes = undefined;
    if (lanes.isFull) this.#isHeld = this.#areLanesFull = true;
    void done?.then(() => {
      if (lanes.isEmpty) this.#lanes = undefined;
      if (!this.#areLanesFull) return;
      this.#isHeld = this.#areLanesFull = false;
      if (!this.#waitsForTurn) this.#workOn();
    });
  }

  /** Does the work after that of all lanes, and lets later frames wait for it. */
  runAfterLanes(work: () => Promise<void> | void): void {
    const before = this.#lanes?.settled() ?? Promise.resolve();
    this.hold(before.then(work));
  }

  /** Lets later frames wait until `done` resolves. */
  hold(done: Promise<void>): void {
    this.#isHeld = true;
    done.finally(() => {
      this.#isHeld = false;
      if (!this.#waitsForTurn) this.#workOn();
    });
  }

  /** The turn that the connection waited for has come. */
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
