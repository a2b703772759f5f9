/**
 * Writes the tables of the database into PostgreSQL: those of all capabilities, row by row, under the same names. Each table is one
 * transaction, so a run that is killed leaves each of them whole or as it was.
 */
import type postgres from "postgres";
import { inTransaction } from "../database/postgres_transaction.ts";
import { SCHEMA } from "../database/schema.ts";
import type { Row } from "../sqlite/statement.ts";
import type { Remade } from "./move.ts";

/** Most values of one statement; PostgreSQL takes 65,535. */
const VALUES = 20_000;

/** How many rows are read at once. */
const ROWS = 1000;

export interface PageSource {
  /** Rows of a query, which ends with `LIMIT` and `OFFSET`. */
  pages(sql: string, size: number): Iterable<Row[]>;
}

export interface MovedTable {
  readonly noun: string;
  readonly before: number;
  readonly after: number;
  readonly kept: number;
}

export interface TableMoving {
  readonly client: postgres.Sql;
  readonly source: PageSource;
  /** Whether PostgreSQL had nothing of users before the first run: then what is there makes way. */
  readonly isFresh: boolean;
  readonly remade: readonly Remade[];
  progress?(noun: string, count: number): void;
}

/** Moves a table, and counts in PostgreSQL what came of it. */
export async function moveTable(table: string, moving: TableMoving): Promise<MovedTable> {
  const { client, source, isFresh, remade, progress } = moving;
  const made = remade.find((each) => each.table === table);
  return await inTransaction(client, async (session) => {
    await session.unsafe("SET LOCAL statement_timeout = 0");
    const name = `${SCHEMA}.${quoted(table)}`;
    if (isFresh) await session.unsafe(`DELETE FROM ${name}`);
    let [before, written] = [0, 0];
    if (made === undefined) {
      for (const rows of source.pages(`SELECT * FROM ${quoted(table)}`, ROWS)) {
        before += rows.length;
        written += await insert(session, name, rows);
        progress?.(table, before);
      }
      await setIdentity(session, table);
    } else {
      for (const rows of source.pages(made.from, ROWS)) {
        for (const row of rows) {
          const statement = made.statement(row);
          if (statement === undefined) continue;
          before++;
          const answer = await session.unsafe(statement.sql, [...statement.values]);
          written += answer.count;
        }
        progress?.(table, before);
      }
    }
    const [counted] = await session.unsafe(`SELECT count(*) AS rows FROM ${name}`);
    const rows = Number(counted?.["rows"]);
    return {
      noun: table.replaceAll("_", " "),
      before,
      after: isFresh ? rows : written,
      kept: before - written,
    };
  });
}

/** Inserts rows of one table. Returns how many were new. */
async function insert(
  session: postgres.TransactionSql,
  name: string,
  rows: readonly Row[],
): Promise<number> {
  const columns = Object.keys(rows[0] ?? {});
  const most = Math.max(1, Math.floor(VALUES / Math.max(1, columns.length)));
  let written = 0;
  for (let at = 0; at < rows.length; at += most) {
    const part = rows.slice(at, at + most);
    let place = 0;
    const tuples = part.map(() => `(${columns.map(() => `$${++place}`).join(", ")})`);
    const values = part.flatMap((row) => columns.map((column) => valueOf(row[column])));
    const answer = await session.unsafe(
      `INSERT INTO ${name} (${columns.map(quoted).join(", ")}) VALUES ${tuples.join(", ")}
       ON CONFLICT DO NOTHING`,
      values,
    );
    written += answer.count;
  }
  return written;
}

/** Numbers are given as text: the driver takes no large ones. */
function valueOf(value: Row[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** Has ids that are given out go on behind those that there are. */
async function setIdentity(session: postgres.TransactionSql, table: string): Promise<void> {
  const found = await session.unsafe(
    `SELECT column_name FROM information_schema.columns
     WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES'`,
    [SCHEMA, table],
  );
  for (const { column_name: column } of found) {
    await session.unsafe(
      `SELECT setval(pg_get_serial_sequence($1, $2), greatest(1,
         (SELECT coalesce(max(${quoted(column)}), 0) FROM ${SCHEMA}.${quoted(table)})))`,
      [`${SCHEMA}.${quoted(table)}`, column],
    );
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The tables that have rows, of which some must not be mixed with others: those that give out ids. */
export async function filledTables(
  client: postgres.Sql,
  tables: readonly string[],
): Promise<{ readonly table: string; readonly isNumbered: boolean }[]> {
  const filled: { table: string; isNumbered: boolean }[] = [];
  for (const table of tables) {
    const [found] = await client.unsafe(
      `SELECT EXISTS (SELECT 1 FROM ${SCHEMA}.${quoted(table)}) AS filled,
         EXISTS (SELECT 1 FROM information_schema.columns
           WHERE table_schema = $1 AND table_name = $2 AND is_identity = 'YES') AS numbered`,
      [SCHEMA, table],
    );
    if (found?.["filled"]) filled.push({ table, isNumbered: found["numbered"] === true });
  }
  return filled;
}
