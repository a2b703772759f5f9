/**
 * Takes up again what an engine lost of this node: each part has a step, in one order. What fails, since the engine is
 * away again, is tried once more when it is back.
 */

export interface RestoreStep {
  /** The engine is another one by now, or lost what it had: what this node knows may have gaps. At once, before all steps. */
  lost?(): void;
  /** The steps begin: what comes from now on may have to wait for this one. At once. */
  begin?(): void;
  /** Rejects where the engine is away again. */
  restore(): Promise<void>;
  /** This step, or one before it, was in vain: what waits for it need wait no more. */
  giveUp?(): void;
}

/** How soon what could not be restored is tried again, where the engine is there. */
const AGAIN_MS = 1000;

export interface RestoringOptions {
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
  /** Sees to it that the node does not stop before this is done. */
  runInBackground(what: string, work: Promise<void>): void;
}

export class Restoring {
  readonly #steps: RestoreStep[] = [];
  readonly #options: RestoringOptions;
  #isIncomplete = false;
  #isStopped = false;
  #again: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RestoringOptions) {
    this.#options = options;
  }

  add(step: RestoreStep): void {
    this.#steps.push(step);
  }

  /** Before all others: who may not stay is gone before the rest hear anything again. */
  addFirst(step: RestoreStep): void {
    this.#steps.unshift(step);
  }

  /** The engine was away: something was not written, and is to be made good. */
  noteIncomplete(): void {
    this.#isIncomplete = true;
  }

  /** The engine lost this node's part, and can take it again now. */
  begin(): void {
    for (const step of this.#steps) step.lost?.();
    this.#options.runInBackground("restore", this.#restore());
  }

  ifIncomplete(): void {
    if (this.#isIncomplete) this.#options.runInBackground("restore", this.#restoreIfReady());
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#again);
  }

  async #restoreIfReady(): Promise<void> {
    if (await this.#options.unready() === undefined) await this.#restore();
  }

  async #restore(): Promise<void> {
    this.#isIncomplete = false;
    const open = [...this.#steps];
    for (const step of open) step.begin?.();
    try {
      for (let step = open[0]; step !== undefined; step = open[0]) {
        await step.restore();
        open.shift();
      }
    } catch (error) {
      for (const step of open) step.giveUp?.();
      this.#isIncomplete = true;
      this.#soon();
      throw error;
    }
  }

  #soon(): void {
    clearTimeout(this.#again);
    if (!this.#isStopped) this.#again = setTimeout(() => this.ifIncomplete(), AGAIN_MS);
  }
}
