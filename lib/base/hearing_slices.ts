/**
 * Slices for work on what comes over a connection that must be read quickly: while much comes, most of the time is left to
 * the reading, and the work is made good afterwards.
 */
import { Slices } from "./slices.ts";

/** A rest ends after one of its parts in which less than so much was heard: all that has come by then is read. */
const MUCH_HEARD = 100;
const REST_MS = 1;
/** So many parts of a rest follow each other at the most: what was heard waits for the work, too. */
const MOST_RESTS = 20;

export class HearingSlices {
  #slices = new Slices();
  #heard = 0;

  /** Something came over the connection. */
  noteHeard(): void {
    this.#heard++;
  }

  /** Begins the first slice after a time without work. */
  begin(): void {
    this.#slices = new Slices();
  }

  isOver(): boolean {
    return this.#slices.isOver();
  }

  /** Resolves when the next slice begins. */
  async rest(): Promise<void> {
    for (let rests = 0; rests < MOST_RESTS; rests++) {
      this.#heard = 0;
      await this.#slices.rest(REST_MS);
      if (this.#heard < MUCH_HEARD) return;
    }
  }
}
