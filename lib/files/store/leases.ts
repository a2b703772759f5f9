/**
 * The works of leases: who may write in the store under an id, and until when. An upload is one process' alone; as long as
 * somebody may still write, the row of a file that goes stays, so that what is written too late has somebody who deletes it.
 */
import { row, rows, type Work } from "../../engines/database/database.ts";
import { COLUMNS, fileIn, type FileRow, type FileState } from "./rows.ts";

/** How long a lease lasts that is not renewed. */
export const LEASE_MS = 10_000;

/**
 * How long after the end of a lease what was sent before it may still reach the store: the process is dead then, and what is on its
 * way comes in seconds or never.
 */
export const LATE_MS = 60_000;

/** Sets a row to what it is without a lease. */
export const NO_LEASE = "lease_owner = NULL, lease_until = NULL, lease_wanted = 0";

/**
 * Sets a row to what it is without a lease. Where the store has failed, it may have taken what it was sent all the same, and do so
 * later: then somebody may still write for a while.
 */
export function withoutLease({ clock }: Holder, mayBeLate: boolean): string {
  return mayBeLate ? NO_LEASE.replace("lease_until = NULL", `lease_until = ${clock}`) : NO_LEASE;
}

/** How many ids one statement names. */
const AT_ONCE = 200;

/** A process that has leases. */
export interface Holder {
  /** Its name, which no other process ever has. */
  readonly owner: string;
  /** The database's clock, in SQL. */
  readonly clock: string;
  /** Whether other processes use the database, too: else whoever else has a lease has ended. */
  readonly isShared: boolean;
}

export interface RenewedLease {
  readonly state: FileState;
  /** Whether another process waits for the upload. */
  readonly isWanted: boolean;
}

/** Leases an upload. `undefined` where another process has it, or it comes no more; that one learns that it is wanted. */
export function* takeLease(
  id: string,
  { owner, clock, isShared }: Holder,
): Work<FileRow | undefined> {
  const taken = fileIn(
    yield* row(
      `UPDATE files SET lease_owner = $2, lease_until = ${clock} + ${LEASE_MS}, lease_wanted = 0
       WHERE id = $1 AND state = 'coming'
         AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= ${clock} OR $3 = 0)
       RETURNING ${COLUMNS}`,
      ...[id, owner, isShared ? 1 : 0],
    ),
  );
  if (taken === undefined) yield* want(id);
  return taken;
}

/** Whether another process has the upload right now; it learns then that it is wanted. */
export function* isLeasedElsewhere(id: string, { owner, clock, isShared }: Holder): Work<boolean> {
  if (!isShared) return false;
  const found = yield* row(
    `SELECT 1 AS one FROM files
     WHERE id = $1 AND lease_owner IS NOT NULL AND lease_owner <> $2 AND lease_until > ${clock}`,
    ...[id, owner],
  );
  if (found === undefined) return false;
  yield* want(id);
  return true;
}

function* want(id: string): Work<void> {
  yield* rows(
    `UPDATE files SET lease_wanted = 1
     WHERE id = $1 AND lease_owner IS NOT NULL AND lease_wanted = 0`,
    id,
  );
}

/** Renews leases, also of what goes meanwhile. Those that are missing in the result have been lost. @param dueAt of uploads */
export function* renewLeases(
  ids: readonly string[],
  { owner, clock }: Holder,
  dueAt: number,
): Work<ReadonlyMap<string, RenewedLease>> {
  const renewed = new Map<string, RenewedLease>();
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE).toSorted();
    const found = yield* rows(
      `UPDATE files SET lease_until = ${clock} + ${LEASE_MS},
         due_at = CASE WHEN state = 'coming' THEN $2 ELSE due_at END
       WHERE lease_owner = $1 AND id IN (${some.map((_, index) => `$${index + 3}`).join(", ")})
       RETURNING id, state, lease_wanted`,
      ...[owner, dueAt, ...some],
    );
    for (const { id, state, lease_wanted } of found) {
      renewed.set(String(id), { state: state as FileState, isWanted: lease_wanted === 1 });
    }
  }
  return renewed;
}

/**
 * Ends a lease. Returns what became of the upload: where it goes, what was written meanwhile is deleted at once. `undefined` where the
 * lease was lost before.
 */
export function* endLease(
  id: string,
  holder: Holder,
  { now, mayBeLate }: { readonly now: number; readonly mayBeLate: boolean },
): Work<FileState | undefined> {
  const ended = yield* row(
    `UPDATE files SET ${withoutLease(holder, mayBeLate)},
       due_at = CASE WHEN state = 'gone' THEN $3 ELSE due_at END
     WHERE id = $1 AND lease_owner = $2 RETURNING state`,
    ...[id, holder.owner, now],
  );
  return ended?.["state"] as FileState | undefined;
}

/** Notes that something is written beside a file for as long as `ms`. Whether the file is still there. */
export function* noteWriting(id: string, clock: string, ms: number): Work<boolean> {
  const noted = yield* row(
    `UPDATE files SET lease_until =
       CASE WHEN lease_until > ${clock} + $2 THEN lease_until ELSE ${clock} + $2 END
     WHERE id = $1 AND state = 'stored' RETURNING id`,
    ...[id, ms],
  );
  return noted !== undefined;
}

/** Some of the files that are there, and beside which nobody writes any more. */
export function* takeWritten(clock: string): Work<string[]> {
  const found = yield* rows(
    `SELECT id FROM files
     WHERE lease_until IS NOT NULL AND state = 'stored' AND lease_until <= ${clock} - ${LATE_MS}
     ORDER BY lease_until LIMIT ${AT_ONCE}`,
  );
  return found.map(({ id }) => String(id));
}

/** What was left half written beside a file is gone. */
export function* noteTidied(id: string, clock: string): Work<void> {
  yield* rows(
    `UPDATE files SET lease_until = NULL
     WHERE id = $1 AND state = 'stored' AND lease_until <= ${clock} - ${LATE_MS}`,
    id,
  );
}
