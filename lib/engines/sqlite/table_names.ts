/** The tables of a SQLite file, without those that SQLite keeps for itself and for its virtual tables. */
import type { DatabaseSync } from "node:sqlite";

export function tableNames(database: DatabaseSync): string[] {
  const found = database.prepare(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  ).all().map(({ name, sql }) => ({ name: String(name), sql: String(sql) }));
  const virtual = found.filter(({ sql }) => /^CREATE VIRTUAL/i.test(sql)).map(({ name }) => name);
  return found.map(({ name }) => name)
    .filter((name) => !virtual.some((each) => name.startsWith(`${each}_`)));
}
