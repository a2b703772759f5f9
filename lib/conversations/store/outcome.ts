/** What a work has done, for those who are told of it once it is stored. */
import type { UserId } from "../../base/fields.ts";
import { rows, type Work } from "../../engines/database/database.ts";
import type { ChatEvent } from "../events.ts";
import type { ConversationListener, Happening, Place } from "../listener.ts";
import type { Message } from "../types.ts";
import type { StoredConversation } from "./rows.ts";
import { comeAfter, membersOf } from "./statements.ts";

/** An event, and the users whom it concerns. */
export interface Told {
  readonly users: readonly UserId[];
  readonly event: ChatEvent;
}

/** The result of a work, with what it has to tell. */
export interface Outcome<Result> {
  readonly result: Result;
  readonly told: readonly Told[];
  readonly happenings: readonly { readonly place: Place; readonly happening: Happening }[];
  /** Members that the work has read. */
  readonly read: readonly Members[];
}

/** Who is in a conversation. Whenever somebody comes or goes there is a new version. */
export interface Members {
  readonly conversation: number;
  readonly version: number;
  readonly users: readonly UserId[];
}

/** Who is in which conversation, as this node knows it. */
export interface Audience {
  /** The members, where they are known as of this version. */
  known(conversation: number, version: number): readonly UserId[] | undefined;
}

/** Gathers what a work has to tell while it runs. */
export class Telling {
  readonly told: Told[] = [];
  readonly happenings: { place: Place; happening: Happening }[] = [];
  readonly #audience: Audience;
  readonly #listeners: readonly ConversationListener[];
  readonly #read: Members[] = [];

  constructor(audience: Audience, listeners: readonly ConversationListener[]) {
    this.#audience = audience;
    this.#listeners = listeners;
  }

  /** Tells all members, as they are at this point of the work. Returns who that is. */
  *members(
    { id, pair }: Pick<StoredConversation, "id" | "pair">,
    version: number,
    event: ChatEvent,
  ): Work<readonly UserId[]> {
    const users = pair ?? (yield* this.#membersOf(id, version));
    this.told.push({ users, event });
    return users;
  }

  /** Tells those members who may see what was said at an offset: who has come later is told nothing of it. */
  *witnesses(
    conversation: Pick<StoredConversation, "id" | "pair">,
    version: number,
    offset: number,
    event: ChatEvent,
  ): Work<void> {
    const { id, pair } = conversation;
    const users = pair ?? (yield* this.#membersOf(id, version));
    const later = new Set(yield* comeAfter(id, offset));
    this.users(users.filter((user) => !later.has(user)), event);
  }

  users(users: readonly UserId[], event: ChatEvent): void {
    if (users.length > 0) this.told.push({ users, event });
  }

  /** Tells all members of a new message. @param isCaughtUp whether its sender had read all that came before */
  *message(
    conversation: StoredConversation,
    version: number,
    message: Message,
    isCaughtUp = false,
  ): Work<void> {
    const { offset } = message;
    const event = { type: "message", conversation: conversation.id, offset, message } as const;
    const members = yield* this.members(conversation, version, event);
    yield* this.happened(conversation, { what: "message", message, members, isCaughtUp });
  }

  /** Writes what other capabilities keep of it, and has them hear of it later. */
  *happened(
    { site, id, kind, name }: Pick<StoredConversation, "site" | "id" | "kind" | "name">,
    happening: Happening,
  ): Work<void> {
    const place = { site, id, kind, name };
    for (const listener of this.#listeners) {
      for (const { sql, values } of listener.storing?.(place, happening) ?? []) {
        yield* rows(sql, ...values);
      }
    }
    this.happenings.push({ place, happening });
  }

  outcome<Result>(result: Result): Outcome<Result> {
    return { result, told: this.told, happenings: this.happenings, read: this.#read };
  }

  *#membersOf(conversation: number, version: number): Work<readonly UserId[]> {
    const isThis = (each: Members) =>
      each.conversation === conversation && each.version === version;
    const known = this.#audience.known(conversation, version) ??
      this.#read.find(isThis)?.users;
    if (known !== undefined) return known;
    const users = yield* membersOf(conversation);
    this.#read.push({ conversation, version, users });
    return users;
  }
}
