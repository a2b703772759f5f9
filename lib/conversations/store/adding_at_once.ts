/**
 * Adds a message to its conversation by one statement, since each way to PostgreSQL and back costs more than what is done there.
 * What a part of the statement reads is as it was before the statement, but for what another part returns.
 */
import { type Row, row, type SqlValue } from "../../engines/database/database.ts";
import { type AddMessage, INSERT, type MessageValues, placeValues } from "./adding.ts";

/** @param advance the statement of that name */
export function addAtOnce(advance: string): AddMessage {
  const statement = `WITH place AS (${advance}), ${hangingOn("CAST($19 AS BIGINT)")}
    SELECT place."offset", tally, changed_at, members_version, members_count, id, moved
    FROM place CROSS JOIN stored LEFT JOIN mover ON TRUE`;
  return function* (_, message) {
    return yield* row(statement, ...valuesOf(message), message.readBefore ?? null);
  };
}

/**
 * The statement that enters a conversation, and adds a message where its user may say something there. It takes
 * {@linkcode valuesOf} the message, and its row is what `entry` asks for, with what {@linkcode saidIn} takes out of it.
 *
 * @param entry the question of whoever is about to say something, with an own id
 */
export function sayAtOnce(advance: string, entry: string): string {
  const places: Readonly<Record<string, string>> = { $2: "$6", $3: "$7", $4: "$16" };
  const asked = entry.replaceAll(/\$[234]\b/g, (place) => places[place] ?? place);
  const may = "SELECT 1 FROM entry WHERE role IS NOT NULL AND is_blocked = 0 AND sent IS NULL";
  const readBefore = `(SELECT CASE WHEN e.read >= e.last_offset AND e.shown_read >= e.last_offset
    THEN e."offset" END FROM entry e)`;
  return `WITH entry AS (${asked}),
    place AS (${advance.replace("WHERE", `WHERE EXISTS (${may}) AND`)}), ${hangingOn(readBefore)}
    SELECT entry.*, place."offset" AS said_offset, place.tally AS said_tally,
      place.changed_at AS said_at, place.members_version AS said_version,
      place.members_count AS said_count, stored.id AS said_id, moved
    FROM entry LEFT JOIN place ON TRUE LEFT JOIN stored ON TRUE LEFT JOIN mover ON TRUE`;
}

/** What was added, as {@linkcode AddMessage} returns it; `undefined` where that is nothing. */
export function saidIn(found: Row | undefined): Row | undefined {
  if (found === undefined || typeof found["said_id"] !== "number") return undefined;
  const { said_offset, said_tally, said_at, said_version, said_count, said_id, moved } = found;
  return {
    ...{ offset: said_offset!, tally: said_tally!, changed_at: said_at!, id: said_id },
    ...{ members_version: said_version!, members_count: said_count!, moved: moved! },
  };
}

/** Whether {@linkcode sayAtOnce} has changed something. */
export function hasSaid([found]: readonly Row[]): boolean {
  return typeof found?.["said_offset"] === "number";
}

export function valuesOf(message: MessageValues): SqlValue[] {
  const { site, user, columns, words } = message;
  return [...placeValues(message), site, user, ...columns, words];
}

/** What hangs on the `place` of a message. @param readBefore as {@linkcode MessageValues} has it */
function hangingOn(readBefore: string): string {
  return `stored AS (
      ${INSERT}
      SELECT $6, $1, "offset", "offset", tally, changed_at, $7, $8, $9, $10, $11, $12,
        CAST($13 AS BIGINT), $14, $15, $16, $17 FROM place
      ON CONFLICT DO NOTHING RETURNING id
    ),
    kept AS (
      INSERT INTO chat_words (message, words)
      SELECT id, array_to_tsvector(string_to_array($18, ' ')) FROM stored WHERE $18 <> ''
    ),
    mover AS (
      UPDATE chat_members m SET read = p."offset", read_tally = p.tally, delivered = p."offset",
        changed_at = p.changed_at,
        shown_read = CASE WHEN p."offset" = ${readBefore} + 1 THEN p."offset" ELSE m.shown_read END
      FROM place p WHERE m.conversation = $1 AND m.user_id = $7 AND m.left_at IS NULL
        AND ${readBefore} IS NOT NULL
      RETURNING m.user_id AS moved
    )`;
}
