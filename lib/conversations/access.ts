/**
 * Who may do what in a conversation: the one place that says so. Who is not in it is told that there is none, whatever is
 * asked.
 */
import { CodedError } from "../base/errors.ts";
import type { UserId } from "../base/fields.ts";
import type { StoredConversation, StoredMember } from "./store/rows.ts";
import type { Actor, Message, Role } from "./types.ts";

/** A conversation, and what the actor is in it. */
export interface Entered {
  readonly conversation: StoredConversation;
  /** Absent where an application acts as itself. */
  readonly member: StoredMember | undefined;
}

/** What not every member may do in a group. */
export type Right = "change" | "add" | "remove" | "roles" | "end";

const RANKS: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 };

/** Who may do it at the least. */
const NEEDED: Readonly<Record<Right, Role>> = {
  change: "admin",
  add: "admin",
  remove: "admin",
  roles: "owner",
  end: "owner",
};

const WORDS: Readonly<Record<Right, string>> = {
  change: "change it",
  add: "add members",
  remove: "remove members",
  roles: "give roles",
  end: "end it",
};

/** Whether the actor is an application that acts as itself, and may do all within its site. */
export function isWhole({ user, isApplication }: Actor): boolean {
  return user === undefined && isApplication === true;
}

/** The actor's user. Throws where it has none. */
export function requireUser(actor: Actor): UserId {
  if (actor.user !== undefined) return actor.user;
  throw new CodedError("missing_field", "Missing field 'user_id': whose is not known", {
    field: "user_id",
  });
}

/** Throws `not_found` where the actor may not know of the conversation. */
export function requireEntry(
  actor: Actor,
  id: number,
  conversation: StoredConversation | undefined,
  member: StoredMember | undefined,
): Entered {
  const isIn = member !== undefined || isWhole(actor);
  if (conversation !== undefined && conversation.site === actor.site && isIn) {
    return { conversation, member };
  }
  throw noConversation(id);
}

/** Throws where the actor may not see the message: what was said before one came, for instance. */
export function requireVisible(
  { member }: Entered,
  message: Pick<Message, "id" | "offset">,
): void {
  if (member !== undefined && message.offset <= member.fromOffset) throw noMessage(message.id);
}

/** Throws `forbidden` where the actor may not do this in the conversation. */
export function requireRight({ conversation, member }: Entered, right: Right): void {
  const { id, kind } = conversation;
  if (kind === "private") {
    throw forbidden(`Cannot ${WORDS[right]} in conversation ${id}: it is a private one`);
  }
  if (member === undefined || RANKS[member.role] >= RANKS[NEEDED[right]]) return;
  throw forbidden(
    `Cannot ${WORDS[right]} in conversation ${id}: your role is ${member.role}, it takes ${
      NEEDED[right]
    }`,
  );
}

/** Throws where the actor may not put this member out: admins put out members, the owner all. */
export function requireAbove({ conversation, member }: Entered, other: StoredMember): void {
  if (member === undefined || RANKS[member.role] > RANKS[other.role]) return;
  throw forbidden(
    `Cannot remove user ${other.user} from conversation ${conversation.id}: the role is ` +
      `${other.role}, yours is ${member.role}`,
  );
}

/** Whether the actor may take back what others have said. */
export function mayModerate({ conversation, member }: Entered): boolean {
  if (member === undefined) return true;
  return conversation.kind === "group" && RANKS[member.role] >= RANKS.admin;
}

/** Throws `forbidden` where one of the two has blocked the other. Whoever is blocked is not told so. */
export function requireUnblocked(blocked: ReadonlySet<UserId>): void {
  const [user] = blocked;
  if (user === undefined) return;
  throw forbidden(`Cannot reach user ${user}`);
}

export function forbidden(message: string): CodedError {
  return new CodedError("forbidden", message);
}

export function noConversation(id: number): CodedError {
  return new CodedError("not_found", `There is no conversation ${id}`, { field: "conversation" });
}

export function noMessage(id: number): CodedError {
  return new CodedError("not_found", `There is no message ${id}`, { field: "message" });
}

export function noMember(conversation: number, user: UserId): CodedError {
  return new CodedError("not_found", `User ${user} is no member of conversation ${conversation}`, {
    field: "user_id",
  });
}
