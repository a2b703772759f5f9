/** Writes who is in a conversation. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { row, type Work } from "../../engines/database/database.ts";
import type { Role } from "../types.ts";
import { MEMBER_ALONE, memberIn, type StoredMember } from "./rows.ts";
import { rowsOfUsers } from "./statements.ts";
import type { Dialect } from "./tables.ts";

/** Users who come into a conversation. */
export interface Coming {
  readonly conversation: number;
  readonly site: string;
  readonly users: readonly UserId[];
  /** @default "member" */
  readonly role?: Role;
  /** Where they have read up to, and how many messages were counted up to there. */
  readonly place: { readonly offset: number; readonly tally: number };
  /** What came up to this offset is not for them. @default 0 */
  readonly fromOffset?: number;
}

/** How many members are added by one statement, where there are as many. */
const ADDED_AT_ONCE = 50;

/** Adds members. One who was there before is there anew. */
export function* addMembers(
  { now }: Dialect,
  { conversation, site, users, role = "member", place, fromOffset = 0 }: Coming,
): Work<void> {
  const { offset, tally } = place;
  for (let from = 0; from < users.length;) {
    const count = users.length - from < ADDED_AT_ONCE ? 1 : ADDED_AT_ONCE;
    const member = (_: unknown, index: number) =>
      `($1, $${index + 7}, $2, $3, ${now}, $4, $5, $6, $5, $5, ${now})`;
    yield* row(
      `INSERT INTO chat_members (conversation, user_id, site, role, joined_at, from_offset, read,
         read_tally, shown_read, delivered, changed_at)
       VALUES ${Array.from({ length: count }, member).join()}
       ON CONFLICT (conversation, user_id) DO UPDATE SET role = excluded.role,
         joined_at = excluded.joined_at, from_offset = excluded.from_offset, left_at = NULL,
         read = excluded.read, read_tally = excluded.read_tally,
         shown_read = excluded.shown_read, delivered = excluded.delivered, muted_until = 0,
         pinned = 0, archived = 0, changed_at = excluded.changed_at`,
      ...[conversation, site, role, fromOffset, offset, tally, ...users.slice(from, from + count)],
    );
    from += count;
  }
}

/** Throws `too_many_conversations` where one of the users is in as many as one may be in. */
export function* requirePlaces(
  site: string,
  users: readonly UserId[],
  limit: number,
): Work<void> {
  if (!Number.isFinite(limit)) return;
  const full = yield* rowsOfUsers(
    users,
    `SELECT user_id FROM chat_members WHERE site = $1 AND left_at IS NULL AND user_id IN (USERS)
     GROUP BY user_id HAVING COUNT(*) >= $2`,
    ...[site, limit],
  );
  const [first] = full;
  if (first === undefined) return;
  throw new CodedError(
    "too_many_conversations",
    `User ${first["user_id"]} is in as many conversations as one may be in: the limit is ${limit}`,
    { field: "members" },
  );
}

/** Those of the users who are members. */
export function* membersIn(
  conversation: number,
  users: readonly UserId[],
): Work<Map<UserId, StoredMember>> {
  const found = yield* rowsOfUsers(
    users,
    `SELECT ${MEMBER_ALONE} FROM chat_members
     WHERE conversation = $1 AND left_at IS NULL AND user_id IN (USERS)`,
    conversation,
  );
  const members = found.map((each) => memberIn(each)!);
  return new Map(members.map((each) => [each.user, each]));
}
