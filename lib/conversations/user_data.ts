/** What is kept of one user in conversations: which ones the user is in, and what the user has said there. */
import { inSeconds } from "../base/times.ts";
import type { DataRecord, DataSubject, ErasedPart, UserData } from "../core/user_data.ts";
import { rows, type SqlValue } from "../engines/database/database.ts";
import type { Doing } from "./doing.ts";
import type { KeptNames } from "./names.ts";
import { anyConversation, eraseIn } from "./store/erasing.ts";
import { MESSAGE, messageIn, WITH_QUOTE } from "./store/rows.ts";
import type { ChatStore } from "./store/store.ts";
import { namesOf } from "./store/users.ts";
import { messageOnWire } from "./wire.ts";

/** How many rows are read at once. */
const AT_ONCE = 500;

export class ChatData implements UserData {
  readonly #store: ChatStore;
  readonly #doing: Doing;
  readonly #names: KeptNames;
  readonly #onGone: (subject: DataSubject) => void;

  /** @param onGone is called when a user is in no conversation any more */
  constructor(
    { store, doing, names }: {
      readonly store: ChatStore;
      readonly doing: Doing;
      readonly names: KeptNames;
    },
    onGone: (subject: DataSubject) => void,
  ) {
    this.#store = store;
    this.#doing = doing;
    this.#names = names;
    this.#onGone = onGone;
  }

  async *export({ site, user }: DataSubject): AsyncGenerator<DataRecord> {
    const names = await this.#store.read(() => namesOf(site, [user]));
    const name = names.get(user);
    if (name !== undefined) yield { type: "display_name", name };
    const conversations = this.#rows(
      `SELECT m.conversation AS place, m.role, m.joined_at, m.left_at, m.read, c.kind, c.name
       FROM chat_members m JOIN conversations c ON c.id = m.conversation
       WHERE m.site = $1 AND m.user_id = $2 AND m.conversation > $3
       ORDER BY m.conversation LIMIT ${AT_ONCE}`,
      ...[site, user],
    );
    for await (const each of conversations) {
      const id = Number(each["place"]);
      yield {
        ...{ type: "conversation", id, kind: each["kind"], name: each["name"] ?? undefined },
        ...{ role: each["role"], joined_at: inSeconds(Number(each["joined_at"])) },
        left_at: each["left_at"] === null ? undefined : inSeconds(Number(each["left_at"])),
        read: each["read"],
      };
      yield* this.#messages(id, user);
      yield* this.#reactions(id, user);
    }
  }

  async erase({ site, user }: DataSubject): Promise<ErasedPart> {
    const id = await this.#store.read(() => anyConversation(site, user));
    if (id === undefined) {
      const hadName = await this.#names.forget(site, user);
      this.#onGone({ site, user });
      return { erased: { chat_names: Number(hadName) } };
    }
    const actor = { site, user };
    const { messages, reactions, isDone } = await this.#doing.change(
      site,
      id,
      (parts) => eraseIn(parts, actor, id),
    );
    const erased = { chat_messages: messages, chat_reactions: reactions };
    return { erased: { ...erased, conversations: Number(isDone) }, more: true };
  }

  async *#messages(conversation: number, user: string): AsyncGenerator<DataRecord> {
    const found = this.#rows(
      `SELECT ${MESSAGE}, s.id AS place FROM chat_messages s ${WITH_QUOTE}
       WHERE s.conversation = $1 AND s.user_id = $2 AND s.kind <> 'system' AND s.id > $3
       ORDER BY s.id LIMIT ${AT_ONCE}`,
      ...[conversation, user],
    );
    const { show } = this.#store.parts;
    for await (const each of found) {
      yield { ...messageOnWire(show(messageIn(each)!)), type: "message" };
    }
  }

  async *#reactions(conversation: number, user: string): AsyncGenerator<DataRecord> {
    const found = await this.#store.read(() =>
      rows(
        `SELECT s.id, r.emoji, r.reacted_at FROM chat_reactions r
         JOIN chat_messages s ON s.conversation = r.conversation AND s."offset" = r."offset"
         WHERE r.user_id = $1 AND r.conversation = $2`,
        ...[user, conversation],
      )
    );
    for (const { id, emoji, reacted_at } of found) {
      yield { type: "reaction", message: id, emoji, reacted_at: inSeconds(Number(reacted_at)) };
    }
  }

  /** The rows of a question in parts. Its last parameter is the `place` after which a part begins. */
  async *#rows(sql: string, ...values: SqlValue[]) {
    for (let after = 0;;) {
      const from = after;
      const found = await this.#store.read(() => rows(sql, ...values, from));
      yield* found;
      after = Number(found.at(-1)?.["place"]);
      if (found.length < AT_ONCE) return;
    }
  }
}
