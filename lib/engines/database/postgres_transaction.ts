/** Runs a transaction of PostgreSQL, whose connection may end in the middle of it. `postgres.ts` says what becomes of its works. */
import type postgres from "postgres";

/** The driver's code of what was under way on a connection as it ended. */
const ENDED = "CONNECTION_CLOSED";

/**
 * Commits what `run` has done once it resolves, and takes it back where it rejects. Rejects where the connection ends before.
 *
 * The driver takes back by a ROLLBACK, also on a connection that has ended: it writes to a socket that is `null` then, in a
 * callback of its own, so that the error would be nobody's and end the process. So where `run` fails by that end, nothing is
 * taken back: the driver never hears of it, and rejects by itself.
 */
export async function inTransaction<Result>(
  client: postgres.Sql,
  run: (session: postgres.TransactionSql) => Promise<Result>,
): Promise<Result> {
  const done: { result?: Result } = {};
  await client.begin(async (session) => {
    try {
      done.result = await run(session);
    } catch (error) {
      if (Object(error).code === ENDED) await new Promise<never>(() => {});
      throw error;
    }
  });
  return done.result as Result;
}
