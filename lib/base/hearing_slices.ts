/**
 * Slices for work on what comes over a connection that must be read quickly: while much comes, most of the time is left to
 * the reading, and the work is made good afterwards.
 */
import { Slices } from "./slices.ts";

/** If so much is heard during a rest, the next one is long. */
const MUCH_HEARD = 100;
const REST_MS = 1;
const LONG_REST_MS = 20;

export class HearingSlices {
  #slices = new Slices();
  #restMs = REST_MS;
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
    this.#heard = 0;
    await this.#slices.rest(this.#restMs);
    this.#restMs = this.#heard < MUCH_HEARD ? REST_MS : LONG_REST_MS;
  }
}
