/** The works of uses: where files stand, who sees them by that, and what becomes of a file that stands nowhere any more. */
import { row, rows, type Work } from "../../engines/database/database.ts";
import type { FileUse } from "../types.ts";
import { COLUMNS, fileIn, type FileRow } from "./rows.ts";

/** How many references one statement names. */
const AT_ONCE = 200;

/** Where a file stands that has no single reader. */
export interface Standing {
  readonly kind: string;
  readonly refs: readonly string[];
}

/** Uses that are taken away: all of their files but those that are kept. */
interface EndingUses extends Standing {
  readonly kept: readonly string[];
  /** The files that may be among them; absent where all may. */
  readonly only?: readonly string[] | undefined;
  /** Unix milliseconds until which files stay that stand nowhere any more; absent where they go. */
  readonly dueAt?: number | undefined;
}

/**
 * Notes a use, and that the file stays. One that was noted before does not end sooner by that. `undefined` where it has gone meanwhile. The row comes first: whoever takes the last other
 * use away waits for this one then, or this one finds the file going.
 */
export function* addUse(
  id: string,
  { kind, ref, site, user, until }: FileUse,
): Work<FileRow | undefined> {
  yield* rows(
    `INSERT INTO file_uses (file, kind, ref, site, user_id, until_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (file, kind, ref) DO UPDATE
     SET user_id = excluded.user_id, until_at = CASE
       WHEN file_uses.until_at IS NULL OR file_uses.until_at > excluded.until_at
       THEN file_uses.until_at ELSE excluded.until_at END`,
    ...[id, kind, ref, site, user ?? null, until ?? null],
  );
  return fileIn(
    yield* row(
      `UPDATE files SET due_at = NULL WHERE id = $1 AND state = 'stored' RETURNING ${COLUMNS}`,
      id,
    ),
  );
}

/**
 * Takes uses away. Files that stand nowhere any more go. Returns how many these are. File by file in their order, as uses are noted: two
 * nodes would wait for each other else.
 */
export function* removeUses(ending: EndingUses, now: number): Work<number> {
  const { kind, refs, kept, only, dueAt } = ending;
  const slices = Array.from(
    { length: Math.ceil(refs.length / AT_ONCE) },
    (_, part) => refs.slice(part * AT_ONCE, (part + 1) * AT_ONCE),
  );
  const files = new Set<string>();
  for (const some of slices) {
    const found = yield* rows(
      `SELECT DISTINCT file FROM file_uses WHERE kind = $1 AND ref IN (${placesOf(some, 2)})`,
      ...[kind, ...some],
    );
    for (const { file } of found) files.add(String(file));
  }
  for (const file of kept) files.delete(file);
  let going = 0;
  for (const file of [...files].sort()) {
    if (only !== undefined && !only.includes(file)) continue;
    for (const some of slices) {
      yield* rows(
        `DELETE FROM file_uses WHERE file = $1 AND kind = $2 AND ref IN (${placesOf(some, 3)})`,
        ...[file, kind, ...some],
      );
    }
    if (dueAt === undefined) going += yield* letGoUnused([file], now);
    else yield* keepUnused([file], dueAt);
  }
  return going;
}

/** Takes uses away whose time is over, some of them. Returns how many. */
export function* removeEndedUses(now: number): Work<number> {
  const found = yield* rows(
    `DELETE FROM file_uses WHERE (file, kind, ref) IN (
       SELECT file, kind, ref FROM file_uses WHERE until_at <= $1 ORDER BY until_at LIMIT ${AT_ONCE}
     ) RETURNING file`,
    now,
  );
  yield* letGoUnused(found.map(({ file }) => String(file)), now);
  return found.length;
}

/** Whether the user is one of whom a use says that this user reads the file. */
export function* isReader(id: string, site: string, user: string, now: number): Work<boolean> {
  const found = yield* row(
    `SELECT 1 AS one FROM file_uses WHERE file = $1 AND site = $2 AND user_id = $3
       AND (until_at IS NULL OR until_at > $4) LIMIT 1`,
    ...[id, site, user, now],
  );
  return found !== undefined;
}

/** Where the file stands that has no single reader, the latest references first. */
export function* standingsOf(id: string, site: string, now: number): Work<Standing[]> {
  const found = yield* rows(
    `SELECT kind, ref FROM file_uses WHERE file = $1 AND site = $2 AND user_id IS NULL
       AND (until_at IS NULL OR until_at > $3)`,
    ...[id, site, now],
  );
  const byKind = Map.groupBy(found, ({ kind }) => String(kind));
  return [...byKind].flatMap(([kind, uses]) => {
    const refs = uses.map(({ ref }) => String(ref));
    const parts = Math.ceil(refs.length / AT_ONCE);
    return Array.from(
      { length: parts },
      (_, part) => ({ kind, refs: refs.slice(part * AT_ONCE, (part + 1) * AT_ONCE) }),
    );
  });
}

function* letGoUnused(files: readonly string[], now: number): Work<number> {
  let going = 0;
  for (const file of [...new Set(files)].sort()) {
    // The row is taken first, so that a use which is being noted is seen by the statement after this one.
    yield* rows("UPDATE files SET due_at = due_at WHERE id = $1", file);
    const gone = yield* rows(
      `UPDATE files SET state = 'going', due_at = $2, own_id = NULL
       WHERE id = $1 AND state = 'stored' AND NOT EXISTS (SELECT 1 FROM file_uses WHERE file = $1)
       RETURNING id`,
      ...[file, now],
    );
    going += gone.length;
  }
  return going;
}

function* keepUnused(files: readonly string[], dueAt: number): Work<void> {
  for (const file of [...new Set(files)].sort()) {
    yield* rows("UPDATE files SET due_at = due_at WHERE id = $1", file); // as above
    yield* rows(
      `UPDATE files SET due_at = $2 WHERE id = $1 AND state = 'stored' AND due_at IS NULL
       AND NOT EXISTS (SELECT 1 FROM file_uses WHERE file = $1)`,
      ...[file, dueAt],
    );
  }
}

function placesOf(values: readonly unknown[], first: number): string {
  return values.map((_, at) => `$${first + at}`).join(", ");
}
