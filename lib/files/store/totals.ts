/** How much each owner has, and each site in all: counted with what changes it, so that nobody gets past a limit. */
import { CodedError } from "../../base/errors.ts";
import { row, type Work } from "../../engines/database/database.ts";

/** The owner in whose name a site's sums stand: no user has this id in an owner's place. */
const ALL = "*";

/** What a row of sums is of. */
interface Sums {
  readonly files: number;
  readonly bytes: number;
}

export interface TotalLimits {
  readonly userBytes: number;
  readonly userFiles: number;
  readonly siteBytes: number;
  readonly siteFiles: number;
}

/** Adds to the sums. Resolves with how many bytes there is room for after that. Throws where a limit is in the way. */
export function* addToTotals(
  site: string,
  owner: string,
  added: Sums,
  limits: TotalLimits,
): Work<number> {
  const { all, own } = yield* addToBoth(site, owner, added);
  requireRoom(`user ${owner}`, own, added, { files: limits.userFiles, bytes: limits.userBytes });
  requireRoom(`site ${site}`, all, added, { files: limits.siteFiles, bytes: limits.siteBytes });
  return Math.min(limits.userBytes - (own?.bytes ?? 0), limits.siteBytes - all.bytes);
}

/** Takes from the sums what is gone. */
export function* takeFromTotals(site: string, owner: string, { files, bytes }: Sums): Work<void> {
  yield* addToBoth(site, owner, { files: -files, bytes: -bytes });
}

/**
 * The site's row always comes first: it is held until the transaction ends, so that the rows of owners, of whom several may be
 * in one transaction, in any order, are each held by one transaction of a site at a time.
 */
function* addToBoth(
  site: string,
  owner: string,
  added: Sums,
): Work<{ readonly all: Sums; readonly own: Sums | undefined }> {
  const all = yield* add(site, ALL, added);
  return { all, own: owner === "" ? undefined : yield* add(site, `u${owner}`, added) };
}

function* add(site: string, owner: string, { files, bytes }: Sums): Work<Sums> {
  const sums = yield* row(
    `INSERT INTO file_totals (site, owner, files, bytes) VALUES ($1, $2, $3, $4)
     ON CONFLICT (site, owner) DO UPDATE
     SET files = file_totals.files + excluded.files, bytes = file_totals.bytes + excluded.bytes
     RETURNING files, bytes`,
    ...[site, owner, files, bytes],
  );
  return { files: Number(sums?.["files"]), bytes: Number(sums?.["bytes"]) };
}

function requireRoom(whose: string, sums: Sums | undefined, added: Sums, limits: Sums): void {
  if (sums === undefined) return;
  if (added.files > 0 && sums.files > limits.files) {
    throw new CodedError(
      "too_many_files",
      `Cannot take the file: ${whose} has ${
        sums.files - added.files
      } files, the limit is ${limits.files}`,
    );
  }
  if (added.bytes >= 0 && sums.bytes > limits.bytes) {
    throw new CodedError(
      "storage_full",
      `Cannot take ${added.bytes} bytes: the files of ${whose} have ${
        sums.bytes - added.bytes
      } bytes, the limit is ${limits.bytes}`,
    );
  }
}
