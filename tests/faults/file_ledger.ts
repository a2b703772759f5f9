/** The books of files under faults: which uploads were accepted, what they are, and what became of them. */
import assert from "node:assert/strict";

export interface AcceptedFile {
  readonly id: string;
  readonly owner: string;
  /** As the answer says it. */
  readonly sha256: string;
  readonly bytes: number;
}

interface Entry {
  readonly file: AcceptedFile;
  /** How many messages have it. */
  uses: number;
  isGone: boolean;
}

export class FileLedger {
  readonly #entries = new Map<string, Entry>();

  get accepted(): number {
    return this.#entries.size;
  }

  /** Notes an answer. Of what was tried again there may be two, which have to say the same. */
  accept(file: AcceptedFile): void {
    const before = this.#entries.get(file.id);
    assert.deepEqual(file, before?.file ?? file, "two answers to one upload");
    if (before === undefined) this.#entries.set(file.id, { file, uses: 0, isGone: false });
  }

  use(id: string): void {
    this.#entry(id).uses++;
  }

  /** A message that has it was taken back: with the last one, it goes. */
  unuse(id: string): void {
    const entry = this.#entry(id);
    entry.uses--;
    if (entry.uses === 0) entry.isGone = true;
  }

  remove(id: string): void {
    this.#entry(id).isGone = true;
  }

  /** What has to be there, whatever happened. */
  kept(): AcceptedFile[] {
    return [...this.#entries.values()].filter(({ uses, isGone }) => uses > 0 && !isGone)
      .map(({ file }) => file);
  }

  /** What nobody may get any more. */
  gone(): AcceptedFile[] {
    return [...this.#entries.values()].filter(({ isGone }) => isGone).map(({ file }) => file);
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new Error(`nobody has accepted the file ${id}`);
    return entry;
  }
}
