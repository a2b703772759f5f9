/**
 * The works by which files go: first nobody gets them any more, then their bytes are deleted, and at last their rows. Where somebody
 * still writes who began before, the row stays until that has ended, and the bytes are deleted once more.
 */
import type { UserId } from "../../base/fields.ts";
import { row, rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { LATE_MS } from "./leases.ts";
import { COLUMNS, fileIn, type FileRow, ownerColumn } from "./rows.ts";
import { takeFromTotals } from "./totals.ts";

/** How many files go in one step. */
const AT_ONCE = 100;

const LET_GO = "UPDATE files SET state = 'going', due_at = $1, own_id = NULL";
const IS_THERE = "state IN ('coming', 'stored')";

/** Has a file or an upload go. Whether there was one. */
export function* letGo(id: string, now: number): Work<boolean> {
  const gone = yield* rows(`${LET_GO} WHERE id = $2 AND ${IS_THERE} RETURNING id`, now, id);
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
       SELECT id FROM files WHERE site = $2 AND owner = $3 AND ${IS_THERE} LIMIT ${AT_ONCE}
     ) RETURNING id`,
    ...[now, site, owner],
  );
  return gone.length;
}

/** What goes, and whose bytes are to be deleted. */
export interface Going {
  readonly id: string;
  /** Whether nobody can write any more: nobody begins to once it goes, so what is deleted after this is all. */
  readonly isLast: boolean;
}

/**
 * Has go what is due: uploads that nobody goes on with, files that nobody used. Returns some of those whose bytes are to be deleted.
 *
 * @param clock the database's, in SQL
 */
export function* letGoDue(now: number, clock: string): Work<Going[]> {
  const due = yield* rows(
    `SELECT id, state, ${isLast(clock, "$1")} AS is_last FROM files WHERE due_at <= $1
     ORDER BY due_at LIMIT ${AT_ONCE}`,
    now,
  );
  const going: Going[] = [];
  for (const { id, state, is_last } of due) {
    const isGoing = state === "going" || state === "gone";
    if (isGoing) going.push({ id: String(id), isLast: is_last === 1 });
    else going.push(...yield* letGoIfDue(String(id), now, clock));
  }
  return going;
}

function* letGoIfDue(id: string, now: number, clock: string): Work<Going[]> {
  const values: SqlValue[] = [now, id];
  const gone = yield* rows(
    `${LET_GO} WHERE id = $2 AND due_at <= $1 AND ${IS_THERE}
       AND (state = 'stored' OR lease_until IS NULL OR lease_until <= ${clock})
     RETURNING id, ${isLast(clock, "$1")} AS is_last`,
    ...values,
  );
  return gone.map((each) => ({ id: String(each["id"]), isLast: each["is_last"] === 1 }));
}

/** SQL: 1 where nobody can write under the id any more, by a lease or by a link. */
function isLast(clock: string, now: string): string {
  return `CASE WHEN (lease_until IS NULL OR lease_until <= ${clock} - ${LATE_MS})
    AND (link_until IS NULL OR link_until <= ${now}) THEN 1 ELSE 0 END`;
}

/**
 * The bytes are deleted: the row goes, too, or stays until nobody can write any more, to be deleted once more then. Whether they were
 * deleted for the first time. As long as somebody may bring others by a link, they are not, and count.
 */
export function* forget({ id, isLast }: Going, now: number, clock: string): Work<boolean> {
  if (isLast) {
    const gone = yield* row(
      `DELETE FROM files WHERE id = $1 AND state IN ('going', 'gone') RETURNING ${COLUMNS}`,
      id,
    );
    return yield* noteGone(fileIn(gone));
  }
  const kept = fileIn(
    yield* row(
      `UPDATE files SET state = 'gone'
       WHERE id = $1 AND state = 'going' AND (link_until IS NULL OR link_until <= $2)
       RETURNING ${COLUMNS}`,
      ...[id, now],
    ),
  );
  yield* rows(
    `UPDATE files SET due_at = CASE
       WHEN state = 'going' THEN link_until
       WHEN lease_until IS NULL THEN $2
       ELSE CAST($2 AS BIGINT) + ${LATE_MS} + (lease_until - ${clock}) END
     WHERE id = $1 AND state IN ('going', 'gone')`,
    ...[id, now],
  );
  return kept !== undefined && (yield* noteGone({ ...kept, state: "going" }));
}

/** A file that has gone stands nowhere and counts for no limit. */
function* noteGone(file: FileRow | undefined): Work<boolean> {
  if (file?.state !== "going") return false;
  const { id, site, owner, bytes } = file;
  yield* rows("DELETE FROM file_uses WHERE file = $1", id);
  yield* takeFromTotals(site, ownerColumn(owner), { files: 1, bytes });
  return true;
}

/** The bytes could not be deleted now: others go first. */
export function* putOff(id: string, until: number): Work<void> {
  yield* rows(
    "UPDATE files SET due_at = $2 WHERE id = $1 AND state IN ('going', 'gone')",
    ...[id, until],
  );
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
