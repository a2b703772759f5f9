/**
 * Writes anew what the engine has lost of this node: each part has a step, and steps run in order. A step that fails,
 * since the engine is away again, is run once more when it is back.
 */

export interface RestoreStep {
  /** The engine lost what it had, so what this node knows may have gaps. Called on all steps before any begins. */
  lost?(): void;
  /** The steps are about to run. What comes from now on may have to wait for this step. */
  begin?(): void;
  /** Does the step. Rejects if the engine is away again. */
  restore(): Promise<void>;
  /** This step, or one before it, has failed. What waits for it need not wait any longer. */
  giveUp?(): void;
}

/** How soon failed steps are run again, if the engine is there. */
const AGAIN_MS = 1000;

interface RestoringOptions {
  /** Why nothing can be stored right now; `undefined` while all is well. */
  unready(): Promise<string | undefined>;
  /** Runs work that the node's stop waits for. */
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

  /** Adds a step before all others, so that whoever may not stay is gone before the rest hear anything again. */
  addFirst(step: RestoreStep): void {
    this.#steps.unshift(step);
  }

  /** Something was not written because the engine was away. It is written when the engine is back. */
  noteIncomplete(): void {
    this.#isIncomplete = true;
  }

  /** The engine has lost what it had of this node, and can take it again now. */
  begin(): void {
    for (const step of this.#steps) step.lost?.();
    this.#options.runInBackground("restore", this.#restore());
  }

  /** Runs the steps again if something was not written and the engine is there. */
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
