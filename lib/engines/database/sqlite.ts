/**
 * The database in a SQLite file, which is the embedded store's. All works of one turn of the event loop are one commit, and
 * each is done once that is on the disk.
 */
import { CodedError } from "../../base/errors.ts";
import type { Statement as Prepared } from "../sqlite/statement.ts";
import type { HeldFile } from "../sqlite/held_file.ts";
import type { SqliteStore } from "../sqlite/store.ts";
import type { Database, Row, SqlValue, Statement, Work } from "./database.ts";

/** How many prepared statements are kept; the oldest one goes. */
const KEPT_STATEMENTS = 500;

type Outcome<Result> = { readonly result: Result } | { readonly refusal: CodedError };

export class SqliteDatabase implements Database {
  readonly dialect = "sqlite";
  readonly #store: SqliteStore;
  readonly #prepared = new Map<string, Prepared>();

  /** @param store stays its owner's, who closes it */
  constructor(store: SqliteStore) {
    this.#store = store;
  }

  async query(sql: string, ...values: SqlValue[]): Promise<readonly Row[]> {
    const found = this.#rows({ sql, values });
    await this.#store.settled();
    return found;
  }

  async transaction<Result>(work: () => Work<Result>): Promise<Result> {
    const outcome = await this.#store.commit(() => this.#outcome(work));
    if ("refusal" in outcome) throw outcome.refusal;
    return outcome.result;
  }

  hold(): HeldFile {
    return this.#store.hold();
  }

  whyNotReady(): undefined {} // the engine tells what is wrong with the file

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** A work that refuses leaves nothing, and the others of its commit stay. */
  #outcome<Result>(work: () => Work<Result>): Outcome<Result> {
    const late: Statement[] = [];
    try {
      const result = this.#store.alone(() => this.#run(work(), late));
      this.#store.beforeCommit(() => late.forEach((each) => this.#rows(each)));
      return { result };
    } catch (error) {
      if (error instanceof CodedError) return { refusal: error };
      throw error;
    }
  }

  #run<Result>(work: Work<Result>, late: Statement[]): Result {
    let step = work.next();
    while (!step.done) {
      if (step.value.isLate) late.push(step.value);
      step = work.next(step.value.isLate ? [] : this.#rows(step.value));
    }
    return step.value;
  }

  #rows({ sql, values }: Statement): readonly Row[] {
    // Integers are read as numbers: none here is beyond what a number holds exactly.
    return this.#statement(sql).all(...values) as Row[];
  }

  #statement(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      prepared = this.#store.prepare(sql.replaceAll(/\$(\d+)/g, "?$1"));
      const [oldest] = this.#prepared.keys();
      if (this.#prepared.size >= KEPT_STATEMENTS && oldest !== undefined) {
        this.#prepared.delete(oldest);
      }
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}
