/** Runs the works of conversations on the database: those that change something as transactions, the others as questions. */
import type { Database, Work } from "../../engines/database/database.ts";
import type { Outcome } from "./outcome.ts";
import type { WorkParts } from "./parts.ts";
import { hold, type Holding, Raced } from "./statements.ts";

/** How often a work is run that others were faster than. */
const MOST_RUNS = 5;

export class ChatStore {
  readonly parts: WorkParts;
  readonly #database: Database;

  constructor(database: Database, parts: WorkParts) {
    this.#database = database;
    this.parts = parts;
  }

  /** Why the database cannot be used right now. */
  whyNotReady(): string | undefined {
    return this.#database.whyNotReady();
  }

  /**
   * Changes something in one conversation. Works of one conversation run one after the other.
   *
   * @param conversation its id, or the text by which all find it who make it
   */
  change<Result>(
    conversation: number | string,
    work: (parts: WorkParts) => Work<Outcome<Result>>,
    holding: Holding = "conversation",
  ): Promise<Outcome<Result>> {
    return this.write(function* (parts) {
      if (typeof conversation === "number") yield* hold(parts.sql, conversation, holding);
      return yield* work(parts);
    }, `conversation ${conversation}`);
  }

  async write<Result>(work: (parts: WorkParts) => Work<Result>, key?: string): Promise<Result> {
    for (let run = 1;; run++) {
      try {
        return await this.#database.transaction(() => work(this.parts), key);
      } catch (error) {
        if (!(error instanceof Raced) || run === MOST_RUNS) throw error;
      }
    }
  }

  /** Runs a work that changes nothing. What it reads first may be older than what it reads last. */
  async read<Result>(work: (parts: WorkParts) => Work<Result>): Promise<Result> {
    const running = work(this.parts);
    let step = running.next();
    while (!step.done) {
      const { sql, values } = step.value;
      step = running.next(await this.#database.query(sql, ...values));
    }
    return step.value;
  }
}
