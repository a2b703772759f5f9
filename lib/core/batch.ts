/**
 * The texts that one turn of the event loop brings to a client, in order. Whoever gets the same texts has the same
 * batch: to each of them a text costs a comparison, and all together are put into one message, or one write, once.
 */
import { Outgoing } from "./outgoing.ts";

/** Bytes of a frame's head, about. */
const HEAD = 4;

export class Batch {
  /** Characters in all, and the heads. */
  readonly length: number;
  readonly #count: number;
  readonly #before: Batch | undefined;
  readonly #last: Outgoing | undefined;
  /** The batch that was last made of this one: mostly what the next client wants, too. */
  #after: Batch | undefined;
  #joined: Outgoing | undefined;
  #sequence: Outgoing | undefined;

  private constructor(before?: Batch, last?: Outgoing) {
    this.#before = before;
    this.#last = last;
    this.#count = before === undefined ? 0 : before.#count + 1;
    this.length = before === undefined ? 0 : before.length + last!.text.length + HEAD;
  }

  /** One without a text. Those that are to be shared begin at the same one. */
  static empty(): Batch {
    return new Batch();
  }

  /** With one text more. */
  with(outgoing: Outgoing): Batch {
    const after = this.#after;
    if (after !== undefined && after.#last === outgoing) return after;
    return this.#after = new Batch(this, outgoing);
  }

  /**
   * All in one; `undefined` where there is none.
   *
   * @param joins whether as one message, with line breaks between; else as one write of a message each
   */
  together(joins: boolean): Outgoing | undefined {
    if (this.#count < 2) return this.#last;
    if (joins) return this.#joined ??= Outgoing.joined(Batch.#textsOf(this));
    return this.#sequence ??= Outgoing.sequence(Batch.#textsOf(this));
  }

  static #textsOf(last: Batch): Outgoing[] {
    const texts: Outgoing[] = [];
    for (let batch: Batch | undefined = last; batch !== undefined; batch = batch.#before) {
      if (batch.#last !== undefined) texts.push(batch.#last);
    }
    return texts.reverse();
  }
}
