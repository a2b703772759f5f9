/** The names of users, and with whom they are in conversations. */
import { invalid, type UserId } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import type { Recipient } from "../listener.ts";
import type { MemberPage, PageRequest } from "../requests.ts";
import type { Role } from "../types.ts";
import { text } from "./rows.ts";
import { rowsOfUsers } from "./statements.ts";

/** Keeps the name by which a user is known now. */
export function* keepName(site: string, user: UserId, name: string): Work<void> {
  yield* row(
    `INSERT INTO chat_users (site, user_id, name) VALUES ($1, $2, $3)
     ON CONFLICT (site, user_id) DO UPDATE SET name = excluded.name`,
    ...[site, user, name],
  );
}

/** Says whether there was one. */
export function* forgetName(site: string, user: UserId): Work<boolean> {
  const forgotten = yield* row(
    "DELETE FROM chat_users WHERE site = $1 AND user_id = $2 RETURNING name",
    ...[site, user],
  );
  return forgotten !== undefined;
}

/** The names of those of the users who were here by a name. */
export function* namesOf(site: string, users: readonly UserId[]): Work<Map<UserId, string>> {
  const found = yield* rowsOfUsers(
    users,
    "SELECT user_id, name FROM chat_users WHERE site = $1 AND user_id IN (USERS)",
    site,
  );
  return new Map(found.map((each) => [String(each["user_id"]), String(each["name"])]));
}

/** A page of members, in the order of their ids. */
export function* listMembers(
  conversation: number,
  { limit, cursor = "" }: PageRequest,
  seesReading: boolean,
): Work<MemberPage> {
  const found = yield* rows(
    `SELECT m.user_id, m.role, m.joined_at, m.shown_read, m.delivered, u.name FROM chat_members m
     LEFT JOIN chat_users u ON u.site = m.site AND u.user_id = m.user_id
     WHERE m.conversation = $1 AND m.left_at IS NULL AND m.user_id > $2
     ORDER BY m.user_id LIMIT $3`,
    ...[conversation, cursor === "" ? "" : userIn(cursor), limit + 1],
  );
  const members = found.slice(0, limit).map((each) => ({
    user: String(each["user_id"]),
    name: text(each["name"]),
    role: each["role"] as Role,
    joinedAt: Number(each["joined_at"]),
    read: seesReading ? Number(each["shown_read"]) : undefined,
    delivered: Number(each["delivered"]),
  }));
  const last = found.length > limit ? members.at(-1) : undefined;
  return { members, next: last && encodeURIComponent(last.user) };
}

/** The members whom a message of a user is for. @param among only those of these who are in the conversation */
export function* recipientsOf(
  conversation: number,
  sender: UserId | undefined,
  among?: readonly UserId[],
): Work<Recipient[]> {
  const recipients = `SELECT user_id, muted_until, read FROM chat_members
    WHERE conversation = $1 AND left_at IS NULL AND user_id <> $2`;
  const values = [conversation, sender ?? ""];
  const found = among === undefined
    ? yield* rows(recipients, ...values)
    : yield* rowsOfUsers(among, `${recipients} AND user_id IN (USERS)`, ...values);
  return found.map((each) => ({
    user: String(each["user_id"]),
    mutedUntil: Number(each["muted_until"]),
    read: Number(each["read"]),
  }));
}

/** Those of the others with whom a user is in a conversation; in a private one, once something was said in it. */
export function* fellowsAmong(
  site: string,
  user: UserId,
  others: readonly UserId[],
): Work<UserId[]> {
  const found = yield* rowsOfUsers(
    others,
    `SELECT DISTINCT o.user_id FROM chat_members m
     JOIN conversations c ON c.id = m.conversation AND (c.kind <> 'private' OR c.last_offset > 0)
     JOIN chat_members o ON o.conversation = m.conversation AND o.left_at IS NULL
     WHERE m.site = $1 AND m.user_id = $2 AND m.left_at IS NULL AND o.user_id IN (USERS)`,
    ...[site, user],
  );
  return [...new Set(found.map((each) => String(each["user_id"])))];
}

function userIn(cursor: string): UserId {
  try {
    const user = decodeURIComponent(cursor);
    if (!user.includes("\0")) return user; // a database may take no such text
  } catch { // it is no text that was encoded
  }
  throw invalid("cursor", cursor, "the `next` of a list of members");
}
