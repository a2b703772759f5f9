/** The works of uploads: a row is there before the bytes, follows them, and says at last that the file is there. */
import { row, rows, type Work } from "../../engines/database/database.ts";
import type { FileFacts } from "../types.ts";
import { type Holder, LEASE_MS, NO_LEASE, withoutLease } from "./leases.ts";
import { COLUMNS, fileIn, type FileRow, ownerColumn } from "./rows.ts";
import { addToTotals, type TotalLimits } from "./totals.ts";

/** An upload that begins. */
export interface NewUpload {
  readonly id: string;
  readonly site: string;
  readonly owner: string | undefined;
  readonly name: string;
  readonly length: number | undefined;
  readonly ownId: string | undefined;
  /** As the client said it; absent where it said nothing. */
  readonly metadata?: string | undefined;
  readonly now: number;
  readonly dueAt: number;
  /** Who goes on with it at once. */
  readonly holder?: Holder | undefined;
}

export interface BegunUpload {
  /** The new one, or what was begun with the same id of its uploader's before. */
  readonly found: FileRow;
  readonly isNew: boolean;
  /** Bytes that there is room for beside those announced. */
  readonly room: number;
}

export function* beginUpload(wanted: NewUpload, limits: TotalLimits): Work<BegunUpload> {
  const { id, site, name, length, ownId, metadata, now, dueAt, holder } = wanted;
  const owner = ownerColumn(wanted.owner);
  if (ownId !== undefined) {
    const before = fileIn(
      yield* row(
        `SELECT ${COLUMNS} FROM files WHERE site = $1 AND owner = $2 AND own_id = $3`,
        ...[site, owner, ownId],
      ),
    );
    if (before !== undefined) return { found: before, isNew: false, room: Infinity };
  }
  const bytes = length ?? 0;
  const room = yield* addToTotals(site, owner, { files: 1, bytes }, limits);
  const found = fileIn(
    yield* row(
      `INSERT INTO files (id, site, owner, state, name, type, bytes, length, safe_offset, own_id,
         created_at, due_at, metadata, lease_owner, lease_until)
       VALUES ($1, $2, $3, 'coming', $4, '', $5, $6, 0, $7, $8, $9, $10, $11,
         ${holder === undefined ? "NULL" : `${holder.clock} + ${LEASE_MS}`}) RETURNING ${COLUMNS}`,
      ...[id, site, owner, name, bytes, length ?? null, ownId ?? null, now, dueAt],
      ...[metadata ?? null, holder?.owner ?? null],
    ),
  );
  if (found === undefined) throw new TypeError("the database returns no row that it has written");
  return { found, isNew: true, room };
}

/** Notes how much is safe by now, while the upload still comes. `undefined` where it is not the holder's any more. */
export function* noteSafe(
  id: string,
  offset: number,
  { owner }: Holder,
): Work<FileRow | undefined> {
  return fileIn(
    yield* row(
      `UPDATE files SET safe_offset = $2
       WHERE id = $1 AND safe_offset < $2 AND state = 'coming' AND lease_owner = $3
       RETURNING ${COLUMNS}`,
      ...[id, offset, owner],
    ),
  );
}

/**
 * Notes that somebody gets a link. `undefined` where the upload is not there any more, at another place, or not the holder's: then
 * somebody else may be making the file of it, and has not seen that there is a link.
 */
export function* noteLink(
  id: string,
  { offset, until, dueAt }: {
    readonly offset: number;
    readonly until: number;
    readonly dueAt: number;
  },
  { owner }: Holder,
): Work<FileRow | undefined> {
  return fileIn(
    yield* row(
      `UPDATE files SET link_until = $3, due_at = $4
       WHERE id = $1 AND safe_offset = $2 AND state = 'coming' AND lease_owner = $5
       RETURNING ${COLUMNS}`,
      ...[id, offset, until, dueAt, owner],
    ),
  );
}

interface Moved {
  readonly to: number;
  readonly dueAt: number;
  /** Whether the store has failed, and what it was sent may come into it later. */
  readonly mayBeLate: boolean;
}

/**
 * Notes how much is safe, and ends the lease. `undefined` where the upload is not the holder's any more: then somebody else has gone
 * on with it, or ended it.
 */
export function* moveUpload(
  id: string,
  { to, dueAt, mayBeLate }: Moved,
  holder: Holder,
): Work<FileRow | undefined> {
  return fileIn(
    yield* row(
      `UPDATE files SET safe_offset = CASE WHEN safe_offset < $2 THEN $2 ELSE safe_offset END,
         due_at = $3, ${withoutLease(holder, mayBeLate)}
       WHERE id = $1 AND state = 'coming' AND lease_owner = $4 RETURNING ${COLUMNS}`,
      ...[id, to, dueAt, holder.owner],
    ),
  );
}

/** Notes what is known of a file that is not there for others yet, so that the application which is asked can read it. */
export function* describeUpload(facts: FileFacts): Work<void> {
  const { id, type, sha256, width, height } = facts;
  yield* rows(
    `UPDATE files SET type = $2, sha256 = $3, width = $4, height = $5
     WHERE id = $1 AND state = 'coming'`,
    ...[id, type, sha256, width ?? null, height ?? null],
  );
}

/** What is noted of a file that is there. */
interface Acceptance {
  /** Bytes that were uploaded; those of the file may be others. */
  readonly uploaded: number;
  readonly dueAt: number;
  readonly holder: Holder;
}

/**
 * Says that the file is there, with the bytes that it has in the end, and ends the lease. `undefined` where the upload is gone, or not
 * the holder's any more.
 */
export function* acceptUpload(
  facts: FileFacts,
  { uploaded, dueAt, holder: { owner: holder } }: Acceptance,
  limits: TotalLimits,
): Work<FileRow | undefined> {
  const { id, type, bytes, sha256, width, height } = facts;
  const before = fileIn(
    yield* row(
      `UPDATE files SET due_at = $2, ${NO_LEASE}
       WHERE id = $1 AND state = 'coming' AND lease_owner = $3 RETURNING ${COLUMNS}`,
      ...[id, dueAt, holder],
    ),
  );
  if (before === undefined) return undefined;
  const { site, owner } = before;
  const added = { files: 0, bytes: bytes - before.bytes };
  if (added.bytes !== 0) yield* addToTotals(site, ownerColumn(owner), added, limits);
  return fileIn(
    yield* row(
      `UPDATE files SET state = 'stored', type = $2, bytes = $3, sha256 = $4, width = $5, height = $6,
         length = $7, safe_offset = $7
       WHERE id = $1 RETURNING ${COLUMNS}`,
      ...[id, type, bytes, sha256, width ?? null, height ?? null, uploaded],
    ),
  );
}
