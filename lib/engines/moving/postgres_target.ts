/** The PostgreSQL that a store is moved to: whether it may be, and which run this is. */
import postgres from "postgres";
import { CodedError } from "../../base/errors.ts";
import { reasonOf } from "../../base/reason.ts";
import type { Stored } from "../storage.ts";
import { migratePostgres, MOVE_STATES as STATES, MOVED_FROM } from "../database/postgres_tables.ts";
import { SCHEMA } from "../database/schema.ts";
import { databaseTables } from "./covered.ts";
import { filledTables } from "./to_postgres.ts";

const CONNECT_SECONDS = 5;

export interface PostgresTarget extends AsyncDisposable {
  readonly client: postgres.Sql;
  /** Whether PostgreSQL had nothing of users before the first run. */
  readonly isFresh: boolean;
  /** Whether an earlier run has moved all: nothing is written any more, since nodes may have run here since. */
  readonly isDone: boolean;
  /** Notes that the store is being moved here. */
  begin(): Promise<void>;
  /** All is moved. */
  done(): Promise<void>;
}

/**
 * Makes the tables, and writes nothing else. Rejects where PostgreSQL cannot be used, or has something that is not of an earlier run.
 *
 * @param source the id of the store that is moved
 */
export async function openPostgresTarget(
  url: string,
  stored: readonly Stored[],
  { source, isIntoExisting }: { readonly source: string; readonly isIntoExisting: boolean },
): Promise<PostgresTarget> {
  const client = postgres(url, {
    ...{ max: 1, connect_timeout: CONNECT_SECONDS, fetch_types: false, onnotice: () => {} },
    connection: { application_name: "notifyli-migrate", search_path: `${SCHEMA}, public` },
  });
  const close = async () => await client.end({ timeout: 5 });
  const mark = `${MOVED_FROM}${source}`;
  const note = async (state: number) =>
    void await client.unsafe(
      `INSERT INTO ${SCHEMA}.versions (capability, version) VALUES ($1, $2)
       ON CONFLICT (capability) DO UPDATE SET version = EXCLUDED.version`,
      [mark, state],
    );
  try {
    await migratePostgres(client, stored).catch((cause) => {
      throw new CodedError("unavailable", `Cannot use this PostgreSQL: ${reasonOf(cause)}`, {
        cause,
      });
    });
    const [known] = await client.unsafe(
      `SELECT version FROM ${SCHEMA}.versions WHERE capability = $1`,
      [mark],
    );
    const state = Number(known?.["version"] ?? 0);
    const isDone = state === STATES.done;
    const isBegun = state !== 0;
    const isFresh = isBegun
      ? state === STATES.fresh
      : await isEmpty(client, stored, isIntoExisting);
    return {
      ...{ client, isFresh, isDone },
      async begin() {
        if (!isBegun) await note(isFresh ? STATES.fresh : STATES.existing);
      },
      done: () => note(STATES.done),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function isEmpty(
  client: postgres.Sql,
  stored: readonly Stored[],
  isIntoExisting: boolean,
): Promise<boolean> {
  const made = stored.flatMap(({ madeAtStart = [] }) => madeAtStart);
  const asked = databaseTables(stored).filter((table) => !made.includes(table));
  const filled = await filledTables(client, asked);
  if (filled.length === 0) return true;
  const names = filled.map(({ table }) => table).join(", ");
  if (!isIntoExisting) {
    throw new CodedError(
      "unavailable",
      `PostgreSQL has something already (${names}): --into-existing leaves that as it is, and brings what is missing`,
    );
  }
  const numbered = filled.filter(({ isNumbered }) => isNumbered).map(({ table }) => table);
  if (numbered.length === 0) return false;
  throw new CodedError(
    "unavailable",
    `PostgreSQL has ${
      numbered.join(", ")
    } already, whose numbers would be given twice: they cannot be put together`,
  );
}
