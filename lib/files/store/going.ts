/** The works by which files go: first nobody gets them any more, then their bytes are deleted, and at last their rows. */
import type { UserId } from "../../base/fields.ts";
import { row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { COLUMNS, fileIn, type FileRow, ownerColumn } from "./rows.ts";
import { takeFromTotals } from "./totals.ts";

/** How many files go in one step. */
const AT_ONCE = 100;

const LET_GO = "UPDATE files SET state = 'going', due_at = $1, own_id = NULL";

/** What is due. */
interface DueFiles {
  /** Whose bytes are to be deleted. */
  readonly going: readonly string[];
  /** Whether some are left, since somebody works on them. */
  readonly isKept: boolean;
}

/** Has a file or an upload go. Whether there was one. */
export function* letGo(id: string, now: number): Work<boolean> {
  const gone = yield* rows(`${LET_GO} WHERE id = $2 AND state <> 'going' RETURNING id`, now, id);
  return gone.length > 0;
}

/** Has an upload go, and no file. */
export function* letGoComing(id: string, now: number): Work<void> {
  yield* rows(`${LET_GO} WHERE id = $2 AND state = 'coming'`, now, id);
}

/** Has some of a user's files go. Returns how many. */
export function* letGoOf(site: string, owner: UserId, now: number): Work<number> {
  const gone = yield* rows(
    `${LET_GO} WHERE id IN (
       SELECT id FROM files WHERE site = $2 AND owner = $3 AND state <> 'going' LIMIT ${AT_ONCE}
     ) RETURNING id`,
    ...[now, site, owner],
  );
  return gone.length;
}

/**
 * Has go what is due: uploads that nobody went on with, files that nobody used. Returns some of those whose bytes are to be
 * deleted. @param kept uploads that come right now
 */
export function* letGoDue(now: number, kept: { has(id: string): boolean }): Work<DueFiles> {
  const due = yield* rows(
    `SELECT id, state FROM files WHERE due_at <= $1 ORDER BY due_at LIMIT ${AT_ONCE}`,
    now,
  );
  const going: string[] = [];
  let isKept = false;
  for (const { id, state } of due) {
    if (kept.has(String(id))) isKept = true;
    else if (state === "going") going.push(String(id));
    else going.push(...yield* letGoIfDue(String(id), now));
  }
  return { going, isKept };
}

function* letGoIfDue(id: string, now: number): Work<string[]> {
  const values: SqlValue[] = [now, id];
  const gone = yield* rows(
    `${LET_GO} WHERE id = $2 AND due_at <= $1 AND state <> 'going' RETURNING id`,
    ...values,
  );
  return gone.map((each) => String(each["id"]));
}

/** The bytes are deleted: the row goes, too, unless somebody may bring others until later. */
export function* forget(id: string, now: number): Work<FileRow | undefined> {
  const gone = fileIn(
    yield* row(
      `DELETE FROM files WHERE id = $1 AND state = 'going' AND (link_until IS NULL OR link_until <= $2)
       RETURNING ${COLUMNS}`,
      ...[id, now],
    ),
  );
  if (gone === undefined) {
    yield* rows(
      "UPDATE files SET due_at = link_until WHERE id = $1 AND state = 'going' AND link_until > $2",
      ...[id, now],
    );
    return undefined;
  }
  yield* rows("DELETE FROM file_uses WHERE file = $1", id);
  const { site, owner, bytes } = gone;
  yield* takeFromTotals(site, ownerColumn(owner), { files: 1, bytes });
  return gone;
}

/** The bytes could not be deleted now: others go first. */
export function* putOff(id: string, until: number): Work<void> {
  yield* rows("UPDATE files SET due_at = $2 WHERE id = $1 AND state = 'going'", id, until);
}

/** Files that are there, and of which the store may have pieces again, since somebody had links to them; no link is good any more. */
export function* linkedBefore(now: number): Work<string[]> {
  const found = yield* rows(
    `SELECT id FROM files WHERE link_until <= $1 AND state = 'stored'
     ORDER BY link_until LIMIT ${AT_ONCE}`,
    now,
  );
  return found.map(({ id }) => String(id));
}

/** The store has none of these pieces. */
export function* unlink(id: string, now: number): Work<void> {
  yield* rows(
    "UPDATE files SET link_until = NULL WHERE id = $1 AND link_until <= $2",
    ...[id, now],
  );
}
