/** How many publications a channel gets in a minute: two numbers, so that noting one costs next to nothing. */

const MINUTE_S = 60;

export class Pace {
  /** When the last one came, Unix time in seconds. */
  lastAt = 0;
  #minute = 0;
  /** How many came in that minute, and in the one before it. */
  #now = 0;
  #before = 0;

  /** @param at Unix time in seconds */
  note(at: number): void {
    this.#moveTo(at);
    this.#now++;
    if (at > this.lastAt) this.lastAt = at;
  }

  /** How many came in the last 60 seconds: of the minute before, the part counts that is not over yet. */
  aMinute(at: number): number {
    this.#moveTo(at);
    const over = at / MINUTE_S - this.#minute;
    return Math.round(this.#now + this.#before * (1 - Math.min(1, Math.max(0, over))));
  }

  /** A clock that was set back changes nothing. */
  #moveTo(at: number): void {
    const minute = Math.floor(at / MINUTE_S);
    if (minute <= this.#minute) return;
    this.#before = minute === this.#minute + 1 ? this.#now : 0;
    this.#now = 0;
    this.#minute = minute;
  }
}
