/**
 * What a node hears of the others, in order. While much comes it is read first and worked on afterwards, in slices, since
 * Redis ends a connection that is read too slowly, and the node has more to do than this. Few messages never wait.
 */
import { pause } from "../../base/clock.ts";
import { HearingSlices } from "../../base/hearing_slices.ts";
import { Queue } from "../../base/queue.ts";

/** Most characters of all messages that wait. Past so many, all that wait are given up. */
export const MAX_WAITING_LENGTH = 64_000_000;
/** Each message counts for so many characters more, which is about what the object around it takes. */
const LENGTH_EACH = 100;

/** How long messages are worked on before more is read. */
const SLICE_MS = 8;

/** How often somebody who waits looks whether all is worked on. */
const LOOK_MS = 5;

interface Message {
  readonly name: string;
  readonly text: string;
}

interface HeardMessagesOptions {
  /** Works on a message. */
  work(name: string, text: string): void;
  /** Too much waited, and was given up. No more must come on this connection, since it would have a gap before it. */
  overflow(): void;
  /** Most characters that wait. */
  readonly maxLength?: number;
}

export class HeardMessages {
  readonly #options: HeardMessagesOptions;
  readonly #slices = new HearingSlices();
  readonly #maxLength: number;
  #waiting = new Queue<Message>();
  #waitingLength = 0;
  /** How long messages were worked on since the last rest. */
  #workedMs = 0;
  #isResting = false;
  #heard = 0;
  #done = 0;

  constructor(options: HeardMessagesOptions) {
    this.#options = options;
    this.#maxLength = options.maxLength ?? MAX_WAITING_LENGTH;
  }

  /** Works on a message now, or after those before it. */
  hear(name: string, text: string): void {
    this.#heard++;
    this.#slices.noteHeard();
    if (!this.#isResting) return this.#work(name, text);
    this.#waitingLength += text.length + LENGTH_EACH;
    this.#waiting.push({ name, text });
    if (this.#waitingLength > this.#maxLength) this.#giveUp();
  }

  /** Resolves when all is worked on that was heard before, or is given up. */
  async caughtUp(): Promise<void> {
    const heard = this.#heard;
    while (this.#done < heard) await pause(LOOK_MS);
  }

  #work(name: string, text: string): void {
    const startedAt = performance.now();
    this.#done++;
    try {
      this.#options.work(name, text);
    } catch (error) {
      reportError(error); // those behind it are worked on all the same
    }
    this.#workedMs += performance.now() - startedAt;
    if (this.#workedMs >= SLICE_MS) void this.#rest();
  }

  /** Lets more be read, then works on what waits. */
  async #rest(): Promise<void> {
    this.#isResting = true;
    this.#workedMs = 0;
    await this.#slices.rest();
    this.#isResting = false;
    while (!this.#isResting) {
      const message = this.#waiting.shift();
      if (message === undefined) return;
      this.#waitingLength -= message.text.length + LENGTH_EACH;
      this.#work(message.name, message.text);
    }
  }

  #giveUp(): void {
    this.#done += this.#waiting.length;
    this.#waiting = new Queue();
    this.#waitingLength = 0;
    this.#options.overflow();
  }
}
