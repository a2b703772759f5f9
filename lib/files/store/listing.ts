/** The works that list files. */
import type { UserId } from "../../base/fields.ts";
import { rows, type SqlValue, type Work } from "../../engines/database/database.ts";
import { COLUMNS, fileIn, type FileRow } from "./rows.ts";

/** Where a file stands in a list. */
export interface FilePlace {
  readonly createdAt: number;
  readonly id: string;
}

/** Files that are there, the latest first: of a user, or of the whole site. */
export function* listFiles(
  { site, user }: { readonly site: string; readonly user?: UserId | undefined },
  { limit, after }: { readonly limit: number; readonly after?: FilePlace | undefined },
): Work<FileRow[]> {
  const values: SqlValue[] = [site, limit];
  let where = "site = $1 AND state = 'stored'";
  if (user !== undefined) where += ` AND owner = $${values.push(user)}`;
  if (after !== undefined) {
    where += ` AND (created_at, id) < ($${values.push(after.createdAt)}, $${
      values.push(after.id)
    })`;
  }
  const found = yield* rows(
    `SELECT ${COLUMNS} FROM files WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT $2`,
    ...values,
  );
  return found.flatMap((each) => fileIn(each) ?? []);
}
