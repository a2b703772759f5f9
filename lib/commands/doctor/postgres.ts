/** What `notifyli doctor` finds about PostgreSQL beside what `check` asks: whether it keeps what it is given, and its clock. */
import type postgres from "postgres";
import { reasonOf } from "../../base/reason.ts";
import { FEATURES } from "../../features.ts";
import { compareClock, type Finding, findings } from "./finding.ts";

const CONNECT_SECONDS = 5;

/** What a node takes of the connections; see `postgres.ts`. */
const CONNECTIONS = 10;

const ASKED = `SELECT current_setting('server_version') AS version,
  current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
  CAST(current_setting('max_connections') AS INT)
    - CAST(current_setting('superuser_reserved_connections') AS INT) AS most,
  (SELECT sum(numbackends) FROM pg_stat_database) AS used,
  EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS now`;

export async function lookAtPostgres(url: string | undefined): Promise<readonly Finding[]> {
  const found = findings("PostgreSQL");
  if (url === undefined) {
    found.note("not used (DATABASE_URL is not set): a SQLite file has the database, for one node");
    return found.made;
  }
  const { whyNotPostgres } = await import("../../engines/database/trial.ts");
  const reason = await whyNotPostgres(url, FEATURES);
  if (reason !== undefined) {
    found.error(
      reason,
      "compare DATABASE_URL with its address, user and rights (docs/database.md)",
    );
    return found.made;
  }
  const { default: connect } = await import("postgres");
  const client = connect(url, {
    ...{ max: 1, connect_timeout: CONNECT_SECONDS, fetch_types: false, onnotice: () => {} },
  });
  try {
    const askedAt = Date.now();
    const [row = {} as postgres.Row] = await client.unsafe(ASKED);
    found.ok(`version ${row["version"]}`);
    compareClock(found, Number(row["now"]), askedAt);
    if (row["fsync"] !== "on") {
      found.error(
        "fsync is off: a power cut damages it",
        "ALTER SYSTEM SET fsync = on; then restart it",
      );
    }
    if (row["synchronous_commit"] === "off") {
      found.warning(
        "synchronous_commit is off: a crash loses what was accepted just before",
        "ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf()",
      );
    }
    const left = Number(row["most"]) - Number(row["used"]);
    if (left < CONNECTIONS) {
      found.warning(
        `it has ${left} connections left of ${row["most"]}, and a node takes up to ${CONNECTIONS}`,
        "raise max_connections, or have others give theirs back",
      );
    }
  } catch (error) {
    found.error(`it cannot be asked: ${reasonOf(error)}`, "look into its log");
  } finally {
    await client.end({ timeout: 1 });
  }
  return found.made;
}
