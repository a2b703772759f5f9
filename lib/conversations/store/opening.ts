/** Finds and makes conversations. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { row, rows, type Work } from "../../engines/database/database.ts";
import { noConversation, requireUnblocked } from "../access.ts";
import type { Actor, ConversationKind, HistoryRule } from "../types.ts";
import { addMessage } from "./message_rows.ts";
import { addMembers, requirePlaces } from "./member_rows.ts";
import type { Outcome } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { CONVERSATION, conversationIn, jsonOrNull, pairOf } from "./rows.ts";
import { advance, Raced } from "./statements.ts";
import type { Dialect } from "./tables.ts";

/** A conversation that was found or made. */
export interface Opened {
  readonly id: number;
  readonly isCreated: boolean;
}

/** The conversation of two users, and who of them is in it: one whose data was erased is not. */
export function* findPrivate(
  site: string,
  [one, other]: readonly [UserId, UserId],
): Work<{ readonly id: number; readonly members: readonly UserId[] } | undefined> {
  const found = yield* rows(
    `SELECT c.id, m.user_id FROM conversations c
     LEFT JOIN chat_members m ON m.conversation = c.id AND m.left_at IS NULL
     WHERE c.site = $1 AND c.pair = $2`,
    ...[site, pairOf(one, other)],
  );
  const [first] = found;
  if (first === undefined) return undefined;
  const members = found.flatMap(({ user_id: user }) => user === null ? [] : [String(user)]);
  return { id: Number(first["id"]), members };
}

/** Finds or makes the one conversation of two users. */
export function* openPrivate(
  parts: WorkParts,
  actor: Actor,
  users: readonly [UserId, UserId],
): Work<Outcome<Opened>> {
  const tell = telling(parts);
  const { site } = actor;
  const known = yield* findPrivate(site, users);
  const missing = users.filter((user) => !known?.members.includes(user));
  if (known !== undefined && missing.length === 0) {
    return tell.outcome({ id: known.id, isCreated: false });
  }
  const [one, other] = users;
  requireUnblocked(yield* parts.people.blocked(site, one, [other]));
  yield* requirePlaces(site, missing, parts.config.conversations);
  if (known !== undefined) {
    yield* comeBack(parts, site, known.id, missing);
    return tell.outcome({ id: known.id, isCreated: false });
  }
  const pair = pairOf(one, other);
  const id = yield* insert(parts.sql, actor, { kind: "private", pair, history: "all", count: 2 });
  if (id === undefined) throw new Raced();
  yield* addMembers(parts.sql, { conversation: id, site, users, place: NOWHERE });
  return tell.outcome({ id, isCreated: true });
}

/** Users whose data was erased are in their conversation anew, and see what is said from now on. */
function* comeBack(
  { sql }: WorkParts,
  site: string,
  id: number,
  users: readonly UserId[],
): Work<void> {
  const { offset, tally } = yield* advance(sql, id, { members: 0 });
  const place = { offset, tally };
  yield* addMembers(sql, { conversation: id, site, users, place, fromOffset: offset });
}

/** What a new group is. */
export interface NewGroup {
  /** All members, the owner first. Where an application makes it as itself, the first of them is the owner. */
  readonly users: readonly UserId[];
  readonly name: string | undefined;
  readonly picture: string | undefined;
  readonly data: unknown;
  readonly history: HistoryRule;
  readonly ownId: string | undefined;
}

/** Makes a group; one with the same own id of the same caller is found. */
export function* openGroup(
  parts: WorkParts,
  actor: Actor,
  { users, name, picture, data, history, ownId }: NewGroup,
): Work<Outcome<Opened>> {
  const tell = telling(parts);
  const { site } = actor;
  const known = ownId && (yield* madeBefore(actor, ownId));
  if (known) return tell.outcome({ id: known, isCreated: false });
  const { sql, config, people } = parts;
  if (users.length > config.members) throw tooManyMembers(users.length, config.members);
  const [owner = "", ...others] = users;
  if (actor.user !== undefined) {
    requireUnblocked(yield* people.blocked(site, actor.user, others));
  }
  yield* requirePlaces(site, users, config.conversations);
  const made = { kind: "group", name, picture, data, history, ownId, count: users.length } as const;
  const id = yield* insert(sql, actor, made);
  if (id === undefined) throw new Raced();
  const place = NOWHERE;
  yield* addMembers(sql, { conversation: id, site, users: [owner], place, role: "owner" });
  yield* addMembers(sql, { conversation: id, site, users: others, place });
  const { message, membersVersion } = yield* addMessage(sql, actor, {
    ...{ conversation: id, kind: "system" },
    system: { event: "created", users, name },
    members: 0,
  });
  const found = yield* row(`SELECT ${CONVERSATION} FROM conversations c WHERE c.id = $1`, id);
  const conversation = conversationIn(found!);
  yield* tell.members(conversation, membersVersion, {
    ...{ type: "conversation", conversation: id, offset: message.offset, change: "created" },
    data: createdFields(conversation),
  });
  yield* tell.message(conversation, membersVersion, message);
  yield* tell.happened(conversation, {
    ...{ what: "added", offset: message.offset, users, by: actor },
  });
  return tell.outcome({ id, isCreated: true });
}

/** What all members are told of a conversation that is new to them. */
export function createdFields(
  { kind, name, picture, data, history, membersCount, offset, epoch, createdAt }: ReturnType<
    typeof conversationIn
  >,
) {
  return { kind, name, picture, data, history, membersCount, offset, epoch, createdAt };
}

export function tooManyMembers(count: number, limit: number): CodedError {
  return new CodedError(
    "too_many_members",
    `Cannot have ${count} members in a conversation: the limit is ${limit}`,
    { field: "members" },
  );
}

/** Before all events. */
const NOWHERE = { offset: 0, tally: 0 };

function* madeBefore({ site, user = "" }: Actor, ownId: string): Work<number | undefined> {
  const found = yield* row(
    `SELECT id, ended_at FROM conversations
     WHERE site = $1 AND created_by = $2 AND own_id = $3`,
    ...[site, user, ownId],
  );
  if (found === undefined) return undefined;
  const id = Number(found["id"]);
  if (found["ended_at"] !== null) throw noConversation(id);
  return id;
}

interface Inserted {
  readonly kind: ConversationKind;
  readonly pair?: string;
  readonly name?: string | undefined;
  readonly picture?: string | undefined;
  readonly data?: unknown;
  readonly history: HistoryRule;
  readonly ownId?: string | undefined;
  /** How many members there are. */
  readonly count: number;
}

/** The id of the new conversation; `undefined` where there is one by now. */
function* insert(
  { now }: Dialect,
  { site, user }: Actor,
  { kind, pair, name, picture, data, history, ownId, count }: Inserted,
): Work<number | undefined> {
  const made = yield* row(
    `INSERT INTO conversations (site, kind, pair, created_by, own_id, name, picture, data, history,
       created_at, changed_at, active_at, epoch, members_count)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${now}, ${now}, ${now}, $10, $11)
     ON CONFLICT DO NOTHING RETURNING id`,
    ...[site, kind, pair ?? null, user ?? "", ownId ?? null, name ?? null, picture ?? null],
    ...[jsonOrNull(data), history, crypto.randomUUID().slice(0, 8), count],
  );
  return made && Number(made["id"]);
}
