/** Tries whether a start could use PostgreSQL: it is reached, lets the user in, and takes the tables. Changes nothing there. */
import postgres from "postgres";
import { reasonOf } from "../../base/reason.ts";
import { readVersions, whyUnknown } from "./postgres_tables.ts";
import { SCHEMA } from "./schema.ts";
import type { Tabled } from "./tables.ts";

const CONNECT_SECONDS = 5;

/** The oldest version that has all that is asked of it, as `server_version_num` says it. */
const OLDEST = 130_000;

const ASKED = `SELECT current_user AS user, current_database() AS database,
  CAST(current_setting('server_version_num') AS INT) AS version,
  pg_is_in_recovery() AS is_standby, to_regnamespace('${SCHEMA}') IS NOT NULL AS is_made,
  has_database_privilege(current_database(), 'CREATE') AS may_make,
  CASE WHEN to_regnamespace('${SCHEMA}') IS NULL THEN TRUE
    ELSE has_schema_privilege('${SCHEMA}', 'USAGE')
      AND has_schema_privilege('${SCHEMA}', 'CREATE') END AS may_use`;

/** Why PostgreSQL cannot be used by this URL, as the end of a sentence; `undefined` where it can. */
export async function whyNotPostgres(
  url: string,
  stored: readonly Tabled[],
): Promise<string | undefined> {
  let client: postgres.Sql | undefined;
  try {
    client = postgres(url, {
      max: 1,
      connect_timeout: CONNECT_SECONDS,
      fetch_types: false,
      onnotice: () => {},
    });
    const [found = {}] = await client.unsafe(ASKED);
    return faultOf(found) ?? await laterVersion(client, found, stored);
  } catch (error) {
    return reasonOf(error);
  } finally {
    await client?.end({ timeout: 1 });
  }
}

function faultOf({ user, database, ...found }: Readonly<Record<string, unknown>>) {
  const version = Number(found["version"]);
  if (version < OLDEST) {
    return `it is version ${Math.floor(version / 10_000)}, notifyli needs ${OLDEST / 10_000}`;
  }
  if (found["is_standby"]) return "it is a standby, which takes no changes";
  if (!found["is_made"] && !found["may_make"]) {
    return `its user '${user}' may not make the schema '${SCHEMA}' in '${database}': ` +
      `GRANT CREATE ON DATABASE "${database}" TO "${user}"`;
  }
  if (found["may_use"]) return undefined;
  return `its user '${user}' may not use the schema '${SCHEMA}' of '${database}': ` +
    `GRANT USAGE, CREATE ON SCHEMA ${SCHEMA} TO "${user}"`;
}

/** The tables of a later version of the program are left alone by a start. */
async function laterVersion(
  client: postgres.Sql,
  { is_made: isMade }: Readonly<Record<string, unknown>>,
  stored: readonly Tabled[],
): Promise<string | undefined> {
  if (!isMade) return undefined;
  const [found] = await client.unsafe(`SELECT to_regclass('${SCHEMA}.versions') AS versions`);
  if (found?.["versions"] === null) return undefined;
  return whyUnknown(stored, await readVersions(client));
}
