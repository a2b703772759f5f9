/**
 * The database: what is queried in many ways and kept for years. Its two drivers are `sqlite.ts` and `postgres.ts`; a
 * capability writes one SQL text for both wherever their dialects agree, and its tables come from `tables.ts`.
 */
import { CodedError } from "../../base/errors.ts";
import type { HeldFile } from "../sqlite/held_file.ts";

/** A value in a row or of a parameter. Booleans are 0 and 1, times are milliseconds of Unix time. */
export type SqlValue = string | number | null | Uint8Array;

export type Row = Readonly<Record<string, SqlValue>>;

export interface Statement {
  /** With `$1`, `$2` and so on where the values go. */
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Whether nobody needs its rows, and none of the work's other statements reads what it writes: see {@linkcode later}. */
  readonly isLate?: boolean;
  /**
   * Whether it has changed something, by its rows. What only reads and is refused holds nobody else up.
   * @default unless it is a SELECT, it has
   */
  hasWritten?(rows: readonly Row[]): boolean;
}

/**
 * What a transaction does: a generator that yields statements, and is given their rows. So the same work runs at once where
 * the database is synchronous, and in a pipeline beside others where it is at the other end of a connection. A work may run
 * again from its start, so it changes nothing but the database. A `CodedError` that it throws is what its caller gets, and
 * nothing of the work stays.
 */
export type Work<Result> = Generator<Statement, Result, readonly Row[]>;

/** The rows of a statement, within a work: `const found = yield* rows("SELECT …", 7)`. */
export function* rows(sql: string, ...values: SqlValue[]): Work<readonly Row[]> {
  return yield { sql, values };
}

/** The first row of a statement, within a work; `undefined` if there is none. */
export function* row(sql: string, ...values: SqlValue[]): Work<Row | undefined> {
  const [first] = yield { sql, values };
  return first;
}

/**
 * Has a statement run within the transaction, but after the others: none waits for it, and where many works are one commit,
 * what is dear to write again and again is written once. Late statements keep their order.
 */
export function* later(sql: string, ...values: SqlValue[]): Work<void> {
  yield { sql, values, isLate: true };
}

export interface Database extends AsyncDisposable {
  readonly dialect: "sqlite" | "postgres";
  /**
   * Reads what is committed and on the disk. Rejects with `unavailable` where the database cannot be reached.
   *
   * @param sql one statement that changes nothing
   */
  query(sql: string, ...values: SqlValue[]): Promise<readonly Row[]>;
  /**
   * Runs a work as one transaction, together with others that wait; resolves with its result once that is on the disk.
   * Rejects with the work's own `CodedError`, with `unavailable` where nothing was written, or with `unconfirmed` where nobody
   * knows whether it was.
   *
   * @param key works with the same key run one after the other: those of one conversation, for instance
   */
  transaction<Result>(work: () => Work<Result>, key?: string): Promise<Result>;
  /** Why the database cannot be used right now; `undefined` while it can. */
  whyNotReady(): string | undefined;
  /** Keeps the database's file as it is until disposal, for a copy of it; absent where it has none on this node. */
  hold?(): HeldFile;
}

/** Stands for a database where this node has none: all that is asked of it is refused with the reason. */
export class NoDatabase implements Database {
  readonly dialect = "sqlite";
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  query(): Promise<never> {
    return Promise.reject(absent(this.#reason));
  }

  transaction(): Promise<never> {
    return Promise.reject(absent(this.#reason));
  }

  whyNotReady(): string {
    return this.#reason;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** The error of what is asked of a node that has no database. */
export function absent(reason: string): CodedError {
  const { code, message, options } = unavailable(reason);
  return new CodedError(code, message, { ...options, isAbsent: true });
}

/** The error of what the database does not take, since it cannot be used. It is the database's alone: live rooms go on. */
export function unavailable(reason: string, cause?: unknown): CodedError {
  return new CodedError("unavailable", `The database cannot be used: ${reason}`, {
    cause,
    isAlone: true,
    isAway: true,
  });
}
