/**
 * Brings PostgreSQL to the tables of this program, as `sqlite/migrations.ts` does a file. All tables are in a schema of their
 * own, so that they may share a database with an application's. Nodes that start together take one another's turn.
 */
import { logFor } from "../../base/log.ts";
import type postgres from "postgres";
import { inTransaction } from "./postgres_transaction.ts";
import { SCHEMA } from "./schema.ts";
import { inPostgres, type Tabled } from "./tables.ts";

const log = logFor("postgres");

/** The number of the lock that one node at a time holds as it makes tables. */
const LOCK = 7_305_804_402;

/** Before the id of a store that is moved here, in the place of a capability; the version then says how far the move is. */
export const MOVED_FROM = "moved from ";

/** How far a move is; what was there before it began is told by the first two. */
export const MOVE_STATES = { fresh: 1, existing: 2, done: 3 };

/** Takes every missing step in one transaction. Rejects before the first if a later version of the program was there. */
export async function migratePostgres(
  client: postgres.Sql,
  stored: readonly Tabled[],
): Promise<void> {
  await inTransaction(client, async (session) => {
    await session.unsafe("SET LOCAL statement_timeout = 0");
    await session.unsafe("SET LOCAL lock_timeout = 0");
    await session.unsafe(`SELECT pg_advisory_xact_lock(${LOCK})`);
    const [schema] = await session.unsafe("SELECT to_regnamespace($1) AS there", [SCHEMA]);
    if (schema?.["there"] === null) await session.unsafe(`CREATE SCHEMA ${SCHEMA}`);
    await session.unsafe(
      `CREATE TABLE IF NOT EXISTS ${SCHEMA}.versions (capability TEXT PRIMARY KEY, version BIGINT NOT NULL)`,
    );
    const versions = await readVersions(session);
    const reason = whyUnknown(stored, versions);
    if (reason !== undefined) throw new Error(reason);
    for (const { name, tables = [] } of stored) {
      for (const [index, step] of tables.entries()) {
        if (index < (versions.get(name) ?? 0)) continue;
        await session.unsafe(inPostgres(step));
        await session.unsafe(
          `INSERT INTO ${SCHEMA}.versions (capability, version) VALUES ($1, $2)
           ON CONFLICT (capability) DO UPDATE SET version = EXCLUDED.version`,
          [name, index + 1],
        );
        log.debug("PostgreSQL is at {name} {version} ({step})", {
          ...{ name, version: index + 1, step: step.name },
        });
      }
    }
  });
}

/**
 * Rejects while a store that is moved here is not here whole: users would miss what is still to come, and the rest of the move would
 * take what nodes write meanwhile for its own.
 */
export async function requireMovedWhole(client: postgres.Sql): Promise<void> {
  const versions = await readVersions(client);
  for (const [name, version] of versions) {
    if (!String(name).startsWith(MOVED_FROM) || version === MOVE_STATES.done) continue;
    throw new Error(
      "a store is being moved to it, and is not there whole: let notifyli migrate end",
    );
  }
}

/** The versions of the tables that are there, by their capabilities. */
export async function readVersions(
  client: postgres.Sql | postgres.TransactionSql,
): Promise<ReadonlyMap<unknown, number>> {
  const known = await client.unsafe(`SELECT capability, version FROM ${SCHEMA}.versions`);
  return new Map(known.map((each) => [each["capability"], Number(each["version"])]));
}

/** What this program does not know of the tables that are there; `undefined` where it knows all. */
export function whyUnknown(
  stored: readonly Tabled[],
  versions: ReadonlyMap<unknown, number>,
): string | undefined {
  for (const { name, tables = [] } of stored) {
    const version = versions.get(name) ?? 0;
    if (version > tables.length) {
      return `the version of its ${name} is ${version}, this program knows up to ${tables.length}`;
    }
  }
  return undefined;
}
