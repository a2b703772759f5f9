/**
 * Works that wait are run together: one transaction for many, with their statements in a pipeline, so that one commit and one
 * way to PostgreSQL and back serve all. Works of one key run one after the other, and in one batch at a time.
 */
import type { Work } from "./database.ts";

/** Batches under way at once, each on a connection of its own. */
const LANES = 4;

/** Most works of a batch. */
const MOST_WORKS = 200;

/** A work that waits for its turn. */
export interface Waiting {
  readonly work: () => Work<unknown>;
  readonly key: string | undefined;
  done(result: unknown): void;
  failed(error: unknown): void;
}

export class Batches {
  readonly #run: (batch: readonly Waiting[]) => Promise<void>;
  /** Bounded by what connections and callers may ask at once. */
  #waiting: Waiting[] = [];
  /** The keys whose works are under way. */
  readonly #busy = new Set<string>();
  #lanes = 0;
  #isDue = false;

  /** @param run ends each of the works, and never rejects */
  constructor(run: (batch: readonly Waiting[]) => Promise<void>) {
    this.#run = run;
  }

  /** How many works wait. */
  get size(): number {
    return this.#waiting.length;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#goOn();
  }

  /** Ends all that waits with an error. */
  refuse(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.failed(error);
  }

  /** Begins in a microtask, so that what comes in one turn of the event loop goes together. */
  #goOn(): void {
    if (this.#isDue || this.#lanes >= LANES) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      while (this.#lanes < LANES) {
        const batch = this.#take();
        if (batch.length === 0) return;
        void this.#runBatch(batch);
      }
    });
  }

  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const each of this.#waiting) {
      const isFree = each.key === undefined || !this.#busy.has(each.key);
      if (isFree && batch.length < MOST_WORKS) batch.push(each);
      else rest.push(each);
    }
    this.#waiting = rest;
    return batch;
  }

  async #runBatch(batch: readonly Waiting[]): Promise<void> {
    const keys = batch.flatMap(({ key }) => key ?? []);
    for (const key of keys) this.#busy.add(key);
    this.#lanes++;
    try {
      await this.#run(batch);
    } finally {
      this.#lanes--;
      for (const key of keys) this.#busy.delete(key);
      this.#goOn();
    }
  }
}

/** The works of a batch as chains: those of one key in their order, and each other one alone. */
export function chainsOf(batch: readonly Waiting[]): Waiting[][] {
  const chains = new Map<unknown, Waiting[]>();
  for (const each of batch) {
    const chain = chains.get(each.key ?? each);
    if (chain === undefined) chains.set(each.key ?? each, [each]);
    else chain.push(each);
  }
  // Always in the order of the keys, so that the batches of two nodes wait for each other's rows in one order.
  return [...chains.values()].sort(([one], [other]) => compare(one?.key, other?.key));
}

/** Whether the batch that works run in is about to be taken back. */
export interface Lot {
  isOver: boolean;
}

/** Another work of the batch has failed, so this one goes no further. */
export class TakenBack extends Error {}

/**
 * Runs the works of chains beside each other. Where one fails, none goes on; rejects with its error, but not before all others have
 * heard of their last statement: whoever then ends the transaction ends all of it.
 */
export async function runChains(
  chains: readonly (readonly Waiting[])[],
  run: (work: Waiting, lot: Lot) => Promise<void>,
): Promise<void> {
  const lot: Lot = { isOver: false };
  const results = await Promise.allSettled(chains.map(async (chain) => {
    try {
      for (const each of chain) {
        if (lot.isOver) throw new TakenBack();
        await run(each, lot);
      }
    } catch (error) {
      lot.isOver = true;
      throw error;
    }
  }));
  const errors = results.flatMap((each) => each.status === "rejected" ? [each.reason] : []);
  if (errors.length > 0) throw errors.find((error) => !(error instanceof TakenBack)) ?? errors[0];
}

function compare(one: string | undefined, other: string | undefined): number {
  if (one === other) return 0;
  return (one ?? "") < (other ?? "") ? -1 : 1;
}
