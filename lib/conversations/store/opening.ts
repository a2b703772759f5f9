/** Finds and makes conversations. */
import { CodedError } from "../../base/errors.ts";
import type { UserId } from "../../base/fields.ts";
import { row, type Work } from "../../engines/database/database.ts";
import { noConversation, requireUnblocked } from "../access.ts";
import type { Actor, ConversationKind, HistoryRule } from "../types.ts";
import { addMessage } from "./message_rows.ts";
import { addMembers, requirePlaces } from "./member_rows.ts";
import type { Outcome } from "./outcome.ts";
import { telling, type WorkParts } from "./parts.ts";
import { CONVERSATION, conversationIn, jsonOrNull, pairOf } from "./rows.ts";
import { Raced } from "./statements.ts";
import type { Dialect } from "./tables.ts";

/** A conversation that was found or made. */
export interface Opened {
  readonly id: number;
  readonly isCreated: boolean;
}

/** The conversation of two users; `undefined` where there is none yet. */
export function* findPrivate(
  site: string,
  [one, other]: readonly [UserId, UserId],
): Work<number | undefined> {
  const found = yield* row(
    "SELECT id FROM conversations WHERE site = $1 AND pair = $2",
    ...[site, pairOf(one, other)],
  );
  return found && Number(found["id"]);
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
  if (known !== undefined) return tell.outcome({ id: known, isCreated: false });
  const [one, other] = users;
  requireUnblocked(yield* parts.people.blocked(site, one, [other]));
  yield* requirePlaces(site, users, parts.config.conversations);
  const pair = pairOf(one, other);
  const id = yield* insert(parts.sql, actor, { kind: "private", pair, history: "all", count: 2 });
  if (id === undefined) throw new Raced();
  yield* addMembers(parts.sql, { conversation: id, site, users, place: NOWHERE });
  return tell.outcome({ id, isCreated: true });
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
