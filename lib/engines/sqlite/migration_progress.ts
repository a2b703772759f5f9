/** Tells in the log how far a migration has come: that of a large file takes a while, in which the server does nothing else. */
import type { DatabaseSync } from "node:sqlite";
import { logFor } from "../../base/log.ts";

/** It tells every two seconds how far it is: nobody else can cause its lines. */
const log = logFor("sqlite", { most: Infinity });

/** How long the log may say nothing. */
const TELL_EVERY_MS = 2000;

/** How many rows are written between two looks at the time. */
const ROWS_BETWEEN = 256;

/** The name of the function that the triggers call. */
const ROW = "notifyli_row";

/** A migration that takes its time. */
export interface LongStep {
  readonly step: string;
  readonly statements: readonly string[];
}

/** Runs the statements of a migration, and logs every two seconds how far it is. */
export function runWithProgress(database: DatabaseSync, { step, statements }: LongStep): void {
  const startedAt = performance.now();
  let [rows, toldAt, current] = [0, startedAt, 0];
  const tell = () => {
    const now = performance.now();
    if (now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    log.info("{step}: statement {current} of {count}, {rows} rows so far, after {seconds} s", {
      ...{ step, current, count: statements.length, rows },
      seconds: Math.round((now - startedAt) / 1000),
    });
  };
  database.function(ROW, () => {
    if (++rows % ROWS_BETWEEN === 0) tell();
    return null;
  });
  for (const statement of statements) {
    current++;
    tell();
    countingRows(database, () => database.exec(statement));
  }
}

/** Has each row that is written counted, by temporary triggers on all tables that there are. */
function countingRows(database: DatabaseSync, run: () => void): void {
  const tables = database.prepare(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  ).all().map(({ name }) => String(name));
  const triggers = tables.flatMap((table, index) =>
    ["UPDATE", "INSERT"].map((event) => ({ name: `count_${index}_${event}`, event, table }))
  );
  for (const { name, event, table } of triggers) {
    database.exec(
      `CREATE TEMP TRIGGER ${name} AFTER ${event} ON main.${table} BEGIN SELECT ${ROW}(); END`,
    );
  }
  run();
  for (const { name } of triggers) database.exec(`DROP TRIGGER IF EXISTS temp.${name}`);
}

/** The statements of a migration, without its comments. One with a trigger of its own is taken as a whole. */
export function statementsOf(sql: string): string[] {
  if (/\bCREATE\s+(TEMP\s+)?TRIGGER\b/i.test(sql)) return [sql];
  const bare = sql.replace(/'[^']*'|--[^\n]*/g, (found) => found.startsWith("--") ? "" : found);
  const parts = bare.match(/(?:'[^']*'|[^;'])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}
