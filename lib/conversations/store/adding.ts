/**
 * Adds a message to its conversation: the next offset, the message, its words, and the pointer of whoever says it. SQLite takes
 * a statement for each of them; PostgreSQL takes one for all, see `adding_at_once.ts`.
 */
import { later, type Row, row, type SqlValue, type Work } from "../../engines/database/database.ts";

/** A message as its row has it, but for what it gets by its place. */
export interface MessageValues {
  readonly conversation: number;
  readonly isCounted: boolean;
  /** Of members who come or go with it: see `advance`. */
  readonly members: number | undefined;
  readonly site: string;
  /** An empty one is the application's. */
  readonly user: string;
  /** Those of {@linkcode COLUMNS}. */
  readonly columns: readonly SqlValue[];
  /** With blanks between; empty where there are none. */
  readonly words: string;
  /**
   * The offset after which the user says it, where the user has read all up to there: then the user has read the message, too,
   * and others may know that if nothing has come in between.
   */
  readonly readBefore: number | undefined;
}

/** What a message is, beside whose it is and its place. */
const COLUMNS = "kind, name, text, data, file, reply_to, mentions, system, own_id, digest";

export const INSERT =
  `INSERT INTO chat_messages (site, conversation, "offset", changed, tally, created_at,
  user_id, ${COLUMNS})`;

const MOVE = `UPDATE chat_members SET read = $3, read_tally = $4, delivered = $3, changed_at = $5,
    shown_read = CASE WHEN $6 = 1 THEN $3 ELSE shown_read END
  WHERE conversation = $1 AND user_id = $2 AND left_at IS NULL RETURNING user_id AS moved`;

const INSERT_ONE = `${INSERT}
  VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  ON CONFLICT DO NOTHING RETURNING id`;

/** Stores a message; `undefined` where its conversation has ended, or has one with its own id. */
export type AddMessage = (sql: Steps, message: MessageValues) => Work<Row | undefined>;

/** Statements that a dialect has of its own, as `tables.ts` says. */
interface Steps {
  readonly advance: string;
  readonly keepWords: string;
}

export function* addInSteps(sql: Steps, message: MessageValues): Work<Row | undefined> {
  const { conversation, site, user, columns, words, readBefore } = message;
  const place = yield* row(sql.advance, ...placeValues(message));
  if (place === undefined) return undefined;
  const { offset = 0, tally = 0, changed_at = 0 } = place;
  const at = [offset, tally, changed_at];
  const stored = yield* row(INSERT_ONE, site, conversation, ...at, user, ...columns);
  if (stored === undefined) return undefined;
  if (words !== "") yield* later(sql.keepWords, stored["id"] ?? 0, words);
  const moved = readBefore === undefined
    ? undefined
    : yield* moveReader({ conversation, user, place: at, isShown: offset === readBefore + 1 });
  return { ...place, ...stored, ...moved };
}

/** Moves the pointer of whoever has said something up to there. Returns nothing where that is no member any more. */
export function* moveReader(
  { conversation, user, place, isShown }: {
    readonly conversation: number;
    readonly user: string;
    /** The offset of the message, how many messages were counted up to there, and when it was stored. */
    readonly place: readonly SqlValue[];
    readonly isShown: boolean;
  },
): Work<Row | undefined> {
  return yield* row(MOVE, conversation, user, ...place, Number(isShown));
}

export function placeValues({ conversation, isCounted, members }: MessageValues): SqlValue[] {
  return [conversation, Number(isCounted), 1, members ?? 0, Number(members !== undefined)];
}
