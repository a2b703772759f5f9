/** Notes what is asked of a database, so that a test can look at the plans of the statements as they are. */
import type { Database, SqlValue, Work } from "../../lib/engines/database/database.ts";

/** The same database, which notes each statement with the values that it had last. */
export function recording(database: Database, asked: Map<string, readonly SqlValue[]>): Database {
  function* noting<Result>(work: Work<Result>): Work<Result> {
    let step = work.next();
    while (!step.done) {
      asked.set(step.value.sql, step.value.values);
      step = work.next(yield step.value);
    }
    return step.value;
  }
  return {
    dialect: database.dialect,
    query(sql, ...values) {
      asked.set(sql, values);
      return database.query(sql, ...values);
    },
    transaction: (work, key) => database.transaction(() => noting(work()), key),
    whyNotReady: () => database.whyNotReady(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
