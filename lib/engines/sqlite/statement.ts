/** A prepared statement that tells its store where the file cannot be read. */
import type {
  SQLInputValue,
  SQLOutputValue,
  StatementResultingChanges,
  StatementSync,
} from "node:sqlite";

export type Row = Record<string, SQLOutputValue>;

/** Looks at what a statement threw, and makes the error that its caller gets; `again` runs the statement once more. */
export type OnStatementError = (error: unknown, again: () => void) => unknown;

export class Statement {
  readonly #statement: StatementSync;
  readonly #onError: OnStatementError;

  constructor(statement: StatementSync, onError: OnStatementError) {
    this.#statement = statement;
    this.#onError = onError;
  }

  get sourceSQL(): string {
    return this.#statement.sourceSQL;
  }

  /** The first row; `undefined` if there is none. */
  get(...values: SQLInputValue[]): Row | undefined {
    try {
      return this.#statement.get(...values);
    } catch (error) {
      throw this.#onError(error, () => this.#statement.get(...values));
    }
  }

  all(...values: SQLInputValue[]): Row[] {
    try {
      return this.#statement.all(...values);
    } catch (error) {
      throw this.#onError(error, () => this.#statement.all(...values));
    }
  }

  run(...values: SQLInputValue[]): StatementResultingChanges {
    try {
      return this.#statement.run(...values);
    } catch (error) {
      throw this.#onError(error, () => {}); // it is run in a commit, which tells the store by itself
    }
  }
}
