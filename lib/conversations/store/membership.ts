/** Who comes into groups and leaves them, and what they may do there. Each work is one event of the conversation. */
import { invalid, type UserId } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import {
  type Entered,
  forbidden,
  noMember,
  requireAbove,
  requireRight,
  requireUnblocked,
  requireUser,
} from "../access.ts";
import type { ChangedFields, ConversationEvent } from "../events.ts";
import type { Actor, Role, SystemEvent } from "../types.ts";
import { addMessage, type StoredMessage } from "./message_rows.ts";
import { addMembers, membersIn, requirePlaces } from "./member_rows.ts";
import { createdFields, tooManyMembers } from "./opening.ts";
import { giveFilesBack } from "./file_uses.ts";
import type { Outcome, Telling } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { enterAlone } from "./statements.ts";
import type { Dialect } from "./tables.ts";

type Done = Work<Outcome<void>>;

/** Adds users to a group. Those who are in it already stay as they are. */
export function* add(
  parts: WorkParts,
  actor: Actor,
  id: number,
  wanted: readonly UserId[],
): Done {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "add");
  const { conversation } = entered;
  const { sql, people, config } = parts;
  const known = yield* membersIn(id, wanted);
  const users = [...new Set(wanted)].filter((user) => !known.has(user));
  if (users.length === 0) return tell.outcome(undefined);
  const count = conversation.membersCount + users.length;
  if (count > config.members) throw tooManyMembers(count, config.members);
  if (actor.user !== undefined) {
    requireUnblocked(yield* people.blocked(actor.site, actor.user, users));
  }
  yield* requirePlaces(actor.site, users, config.conversations);
  const event = { event: "added", users } as const;
  const stored = yield* addSystem(sql, actor, entered, event, users.length);
  const { message: { offset }, tally, membersCount } = stored;
  // They have read what was said before they came, but for the message that says that they have come.
  const before = offset - 1;
  yield* addMembers(sql, {
    ...{ conversation: id, site: actor.site, users, place: { offset: before, tally } },
    fromOffset: conversation.history === "all" ? 0 : before,
  });
  const now = { ...conversation, offset, membersCount };
  tell.users(users, {
    ...{ type: "conversation", conversation: id, offset, change: "created" },
    data: createdFields(now),
  });
  yield* announce(tell, entered, stored, "members", { membersCount, added: users });
  yield* tell.happened(conversation, { what: "added", offset, users, by: actor });
  return tell.outcome(undefined);
}

/** Puts members out of a group. Who is not in it is not put out, and that is no fault. */
export function* remove(
  parts: WorkParts,
  actor: Actor,
  id: number,
  wanted: readonly UserId[],
): Done {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "remove");
  const known = yield* membersIn(id, wanted);
  for (const member of known.values()) {
    if (member.user === actor.user) {
      throw invalid("remove", member.user, "other members: to go yourself, leave");
    }
    requireAbove(entered, member);
  }
  const users = [...known.keys()];
  if (users.length > 0) yield* takeOut(parts, tell, { actor, entered, users, event: "removed" });
  return tell.outcome(undefined);
}

/** Takes the actor's user out of a group. */
export function* leave(parts: WorkParts, actor: Actor, id: number): Done {
  const tell = telling(parts);
  const user = requireUser(actor);
  const entered = yield* enterAlone(parts.sql, actor, id);
  if (entered.conversation.kind === "private") {
    throw forbidden(`Cannot leave conversation ${id}: it is a private one, which can be archived`);
  }
  yield* takeOut(parts, tell, { actor, entered, users: [user], event: "left" });
  return tell.outcome(undefined);
}

/** Gives members other roles. Who makes another one the owner is an admin from then on. */
export function* giveRoles(
  parts: WorkParts,
  actor: Actor,
  id: number,
  roles: Readonly<Record<UserId, Role>>,
): Done {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "roles");
  const known = yield* membersIn(id, Object.keys(roles));
  for (const [user, role] of Object.entries(roles)) {
    const member = known.get(user);
    if (member === undefined) throw noMember(id, user);
    if (member.role === role) continue;
    if (role === "owner") yield* handOver(parts, tell, actor, entered, user);
    else if (member.role === "owner") {
      throw invalid("roles", { [user]: role }, "another owner: hand the group over to a member");
    } else {
      yield* setRole(parts.sql, id, user, role);
      yield* tellRole(parts, tell, { actor, entered }, { event: "role", users: [user], role });
    }
  }
  return tell.outcome(undefined);
}

/** Ends a group: nobody is in it any more. */
export function* end(parts: WorkParts, actor: Actor, id: number): Done {
  const tell = telling(parts);
  const entered = yield* enterAlone(parts.sql, actor, id);
  requireRight(entered, "end");
  const { sql } = parts;
  const stored = yield* addSystem(sql, actor, entered, { event: "removed" }, 0);
  const { message: { offset }, membersVersion } = stored;
  yield* tell.members(entered.conversation, membersVersion, {
    ...{ type: "conversation", conversation: id, offset, change: "ended", data: {} },
  });
  const users = tell.told.at(-1)!.users;
  yield* close(parts, id);
  yield* tell.happened(entered.conversation, { what: "removed", offset, users, by: actor });
  return tell.outcome(undefined);
}

/** A group that has no members any more has ended. */
function* close({ sql: { now }, files }: WorkParts, id: number): Work<void> {
  yield* rows(`UPDATE conversations SET ended_at = ${now}, changed_at = ${now} WHERE id = $1`, id);
  yield* rows(
    `UPDATE chat_members SET left_at = ${now}, changed_at = ${now}
     WHERE conversation = $1 AND left_at IS NULL`,
    id,
  );
  const withFiles = yield* rows(
    "SELECT id FROM chat_messages WHERE conversation = $1 AND file IS NOT NULL",
    id,
  );
  yield* giveFilesBack({ files }, withFiles.map((each) => Number(each["id"])));
}

function* takeOut(
  parts: WorkParts,
  tell: Telling,
  { actor, entered, users, event }: {
    readonly actor: Actor;
    readonly entered: Entered;
    readonly users: readonly UserId[];
    readonly event: "removed" | "left";
  },
): Work<void> {
  const { sql } = parts;
  const { id } = entered.conversation;
  const stored = yield* addSystem(sql, actor, entered, { event, users }, -users.length);
  const { message: { offset }, membersCount } = stored;
  for (const user of users) {
    yield* rows(
      `UPDATE chat_members SET left_at = ${sql.now}, changed_at = ${sql.now}
       WHERE conversation = $1 AND user_id = $2`,
      ...[id, user],
    );
    yield* rows(
      "DELETE FROM chat_mentions WHERE conversation = $1 AND user_id = $2",
      ...[id, user],
    );
  }
  tell.users(users, {
    ...{ type: "conversation", conversation: id, offset, change: "removed", data: {} },
  });
  yield* tell.happened(entered.conversation, { what: "removed", offset, users, by: actor });
  if (membersCount <= 0) return yield* close(parts, id);
  yield* announce(tell, entered, stored, "members", { membersCount, removed: users });
  yield* keepOwner(parts, tell, actor, entered);
}

/** Where the owner has gone, the admin or member who came first is the owner from now on. */
function* keepOwner(
  parts: WorkParts,
  tell: Telling,
  actor: Actor,
  entered: Entered,
): Work<void> {
  const found = yield* row(
    `SELECT user_id, role FROM chat_members WHERE conversation = $1 AND left_at IS NULL
     ORDER BY CASE role WHEN 'owner' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, joined_at, user_id
     LIMIT 1`,
    entered.conversation.id,
  );
  if (found === undefined || found["role"] === "owner") return;
  yield* handOver(parts, tell, actor, entered, String(found["user_id"]));
}

function* handOver(
  parts: WorkParts,
  tell: Telling,
  actor: Actor,
  entered: Entered,
  user: UserId,
): Work<void> {
  const { id } = entered.conversation;
  yield* rows(
    `UPDATE chat_members SET role = 'admin', changed_at = ${parts.sql.now}
     WHERE conversation = $1 AND role = 'owner' AND left_at IS NULL`,
    id,
  );
  yield* setRole(parts.sql, id, user, "owner");
  const event = { event: "handed_over", users: [user] } as const;
  yield* tellRole(parts, tell, { actor, entered }, event);
}

function* setRole({ now }: Dialect, id: number, user: UserId, role: Role): Work<void> {
  yield* rows(
    `UPDATE chat_members SET role = $3, changed_at = ${now}
     WHERE conversation = $1 AND user_id = $2`,
    ...[id, user, role],
  );
}

function* tellRole(
  { sql }: WorkParts,
  tell: Telling,
  { actor, entered }: { readonly actor: Actor; readonly entered: Entered },
  event: SystemEvent & { readonly users: readonly UserId[] },
): Work<void> {
  const stored = yield* addSystem(sql, actor, entered, event);
  const role = event.role ?? "owner";
  const roles = Object.fromEntries(event.users.map((user) => [user, role]));
  yield* announce(tell, entered, stored, "roles", { roles });
}

/** Stores the message that says what has happened. @param members how many have come or gone */
export function addSystem(
  sql: Dialect,
  actor: Actor,
  { conversation }: Entered,
  system: SystemEvent,
  members?: number,
): Work<StoredMessage> {
  return addMessage(sql, actor, {
    ...{ conversation: conversation.id, kind: "system", system },
    ...(members === undefined ? {} : { members }),
  });
}

/** Tells all members what has happened: the message of the system, then what is different. Both have the same offset. */
export function* announce(
  tell: Telling,
  { conversation }: Entered,
  { message, membersVersion }: StoredMessage,
  change: ConversationEvent["change"],
  data: ChangedFields,
): Work<void> {
  const { id } = conversation;
  yield* tell.message(conversation, membersVersion, message);
  yield* tell.members(conversation, membersVersion, {
    ...{ type: "conversation", conversation: id, offset: message.offset, change, data },
  });
}
