/** Preferences and kinds in the database: works, each a part of somebody's transaction, and what is read of a site. */
import { CodedError } from "../base/errors.ts";
import type { Fields, UserId } from "../base/fields.ts";
import { type Database, type Row, row, rows, type Work } from "../engines/database/database.ts";
import { idLists } from "../engines/database/id_list.ts";

/** What is kept under a name, as JSON, with its version. */
export interface Kept {
  readonly body: Fields;
  readonly version: number;
}

/** Where something is kept: in one of the two tables, at a site, under a name. */
export interface Place {
  readonly table: "preferences" | "kinds";
  readonly site: string;
  /** A user, or a kind. */
  readonly name: string;
}

const NAMES = { preferences: "user_id", kinds: "kind" } as const;

export function* find({ table, site, name }: Place): Work<Kept | undefined> {
  const found = yield* row(
    `SELECT body, version FROM ${table} WHERE site = $1 AND ${NAMES[table]} = $2`,
    ...[site, name],
  );
  return found && keptOf(found);
}

/** What became of something that was to be kept: `undefined` where another node was faster, and it has to be tried again. */
export interface Put {
  readonly before: Kept | undefined;
  readonly after: Kept;
}

export interface PutOptions {
  /** What it is to be. @param before what it is; empty where there is nothing */
  change(before: Fields): Fields;
  /** The version that it has to have: 0 where there is to be nothing. */
  readonly ifVersion?: number | undefined;
  /** Milliseconds of Unix time. */
  readonly now: number;
}

/** Keeps something in the place of what was there. Throws `conflict` where that has another version than was expected. */
export function* put(
  place: Place,
  { change, ifVersion, now }: PutOptions,
): Work<Put | undefined> {
  const { table, site, name } = place;
  const before = yield* find(place);
  const known = before?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== known) throw conflict(place, known, ifVersion);
  const body = change(before?.body ?? {});
  // It rises with the clock, so that nothing that is erased and made again has a version of before.
  const version = Math.max(known + 1, now);
  const put = yield* row(
    `INSERT INTO ${table} (site, ${NAMES[table]}, body, version) VALUES ($1, $2, $3, $4)
     ON CONFLICT (site, ${NAMES[table]})
     DO UPDATE SET body = excluded.body, version = excluded.version
     WHERE ${table}.version = $5 RETURNING version`,
    ...[site, name, JSON.stringify(body), version, known],
  );
  return put && { before, after: { body, version } };
}

/** Says whether there was something. */
export function* remove({ table, site, name }: Place): Work<boolean> {
  const removed = yield* rows(
    `DELETE FROM ${table} WHERE site = $1 AND ${NAMES[table]} = $2 RETURNING version`,
    ...[site, name],
  );
  return removed.length > 0;
}

/** Throws where the site has as many kinds as one may have. */
export function* requireRoomForKind(site: string, kind: string, limit: number): Work<void> {
  const counted = yield* row("SELECT count(*) AS count FROM kinds WHERE site = $1", site);
  const count = Number(counted?.["count"]);
  if (count < limit || (yield* find({ table: "kinds", site, name: kind })) !== undefined) return;
  throw new CodedError(
    "too_many_kinds",
    `Cannot set kind ${JSON.stringify(kind)}: site ${site} has ${count}, the limit is ${limit}`,
    { field: "kind" },
  );
}

/** All kinds of a site, by their names. */
export async function readKinds(
  database: Database,
  site: string,
): Promise<ReadonlyMap<string, Kept>> {
  const found = await database.query(
    "SELECT kind, body, version FROM kinds WHERE site = $1 ORDER BY kind",
    site,
  );
  return new Map(found.map((each) => [String(each["kind"]), keptOf(each)]));
}

/** Whether any user of a site has preferences, and whether any can be reached by a push or a mail (`reach.ts`). */
export async function readWhatIsThere(
  database: Database,
  site: string,
): Promise<{ readonly hasPreferences: boolean; readonly hasReach: boolean }> {
  const found = await database.query(
    `SELECT 'preferences' AS what FROM (SELECT 1 AS one FROM preferences WHERE site = $1 LIMIT 1) p
     UNION ALL SELECT 'reach' AS what FROM (SELECT 1 AS one FROM reach WHERE site = $1 LIMIT 1) r`,
    site,
  );
  const has = (what: string) => found.some((each) => each["what"] === what);
  return { hasPreferences: has("preferences"), hasReach: has("reach") };
}

/** The preferences of those of the users who have some. */
export async function readPreferences(
  database: Database,
  site: string,
  users: Iterable<UserId>,
): Promise<ReadonlyMap<UserId, Kept>> {
  const found = new Map<UserId, Kept>();
  for (const { sql, ids } of idLists(users, 2)) {
    const part = await database.query(
      `SELECT user_id, body, version FROM preferences WHERE site = $1 AND user_id ${sql}`,
      ...[site, ...ids],
    );
    for (const each of part) found.set(String(each["user_id"]), keptOf(each));
  }
  return found;
}

function keptOf({ body, version }: Row): Kept {
  return { body: JSON.parse(String(body)), version: Number(version) };
}

function conflict({ table, name }: Place, version: number, expected: number): CodedError {
  const what = table === "kinds" ? "the kind" : "the preferences of user";
  return new CodedError(
    "conflict",
    `Cannot change ${what} ${
      JSON.stringify(name)
    }: current version is ${version}, not ${expected}; ` +
      "read it again",
    { field: "version" },
  );
}
