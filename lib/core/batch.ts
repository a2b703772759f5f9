/**
 * The texts that one turn of the event loop brings to a connection, in order. Connections that get the same texts share
 * a batch: a text costs each of them one comparison, and the texts are joined once for all.
 */
import { Outgoing } from "./outgoing.ts";

/** About how many bytes the head of a frame takes. */
const HEAD = 4;

export class Batch {
  /** Characters of all texts, and bytes of their heads. */
  readonly length: number;
  readonly #count: number;
  readonly #before: Batch | undefined;
  readonly #last: Outgoing | undefined;
  /** The batch that was last made of this one. The next connection mostly wants the same. */
  #after: Batch | undefined;
  #joined: Outgoing | undefined;
  #sequence: Outgoing | undefined;

  private constructor(before?: Batch, last?: Outgoing) {
    this.#before = before;
    this.#last = last;
    this.#count = before === undefined ? 0 : before.#count + 1;
    this.length = before === undefined ? 0 : before.length + last!.text.length + HEAD;
  }

  /** A batch without a text. Connections can only share batches that begin at the same empty one. */
  static empty(): Batch {
    return new Batch();
  }

  /** This batch with one text more. */
  with(outgoing: Outgoing): Batch {
    const after = this.#after;
    if (after !== undefined && after.#last === outgoing) return after;
    return this.#after = new Batch(this, outgoing);
  }

  /**
   * All texts in one; `undefined` if there is none.
   *
   * @param joins whether they become one message with line breaks in between; else they become one write of several
   * messages
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
