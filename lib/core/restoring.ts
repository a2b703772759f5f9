/**
 * Writes anew what the engine has lost of this node: each part has a step, and steps run in order. A step that fails,
 * since the engine is away again, is run once more when it is back. No restoration runs beside another one.
 */

export interface RestoreStep {
  /** The engine lost what it had, so what this node knows may have gaps. Called on all steps before any begins. */
  lost?(): void;
  /**
   * The steps are about to run, once all have begun. What comes from then on may have to wait for this step.
   *
   * @param hasGap whether this node may have missed something of what was published since the steps ran last
   */
  begin?(hasGap: boolean, signal: AbortSignal): Promise<void> | void;
  /**
   * Does the step, in slices where much is to be done. Rejects if the engine is away again, or where the signal aborts
   * because the engine lost more meanwhile. What is done by then need not be done again.
   */
  restore(signal: AbortSignal): Promise<void>;
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
  #hasGap = false;
  #isStopped = false;
  #isRunning = false;
  /** Whether the steps are to run from the first one on. */
  #isWanted = false;
  /** Ends the restoration that is under way. */
  #outdated = new AbortController();
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

  /** This node does not hear all that it should. What it misses is made good once it does. */
  noteGap(): void {
    this.#isIncomplete = true;
    this.#hasGap = true;
  }

  /** The engine has lost what it had of this node, and can take it again now. */
  begin(): void {
    this.#hasGap = true;
    for (const step of this.#steps) step.lost?.();
    this.#outdated.abort();
    this.#start();
  }

  /** Runs the steps again if something was not written and the engine is there. */
  ifIncomplete(): void {
    if (this.#isIncomplete) this.#options.runInBackground("restore", this.#startIfReady());
  }

  stop(): void {
    this.#isStopped = true;
    this.#outdated.abort();
    clearTimeout(this.#again);
  }

  async #startIfReady(): Promise<void> {
    if (await this.#options.unready() === undefined) this.#start();
  }

  /** Runs the steps, or has the restoration that is under way run them once more. */
  #start(): void {
    this.#isWanted = true;
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#options.runInBackground("restore", this.#run().finally(() => this.#isRunning = false));
  }

  async #run(): Promise<void> {
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false;
      this.#outdated = new AbortController();
      await this.#restore(this.#outdated.signal);
    }
  }

  /** Rejects where a step failed, unless the steps are to run again anyway. */
  async #restore(signal: AbortSignal): Promise<void> {
    this.#isIncomplete = false;
    const hasGap = this.#hasGap;
    this.#hasGap = false;
    const open = [...this.#steps];
    try {
      for (const step of open) await step.begin?.(hasGap, signal);
      for (let step = open[0]; step !== undefined; step = open[0]) {
        signal.throwIfAborted();
        await step.restore(signal);
        open.shift();
      }
    } catch (error) {
      this.#isIncomplete = true;
      if (this.#isWanted || this.#isStopped) return;
      for (const step of open) step.giveUp?.();
      this.#soon();
      throw error;
    }
  }

  #soon(): void {
    clearTimeout(this.#again);
    if (!this.#isStopped) this.#again = setTimeout(() => this.ifIncomplete(), AGAIN_MS);
  }
}
