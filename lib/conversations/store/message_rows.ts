/** Writes messages, those of people and those of the system, and reads what is shown with them. */
import type { UserId } from "../../base/fields.ts";
import { later, type Row, row, rows, type Work } from "../../engines/database/database.ts";
import { fileFieldIn } from "../message_files.ts";
import type {
  Actor,
  Message,
  MessageFile,
  MessageKind,
  Quote,
  Reaction,
  SystemEvent,
} from "../types.ts";
import { wordsOf } from "../words.ts";
import type { MessageValues } from "./adding.ts";
import { jsonOrNull, quoted } from "./rows.ts";
import { placeIn } from "./statements.ts";
import type { Dialect } from "./tables.ts";

/** How many of those who have reacted alike are named. */
const NAMED_REACTORS = 50;

/** A message that is about to be stored. */
export interface NewMessage {
  readonly conversation: number;
  readonly kind: MessageKind;
  readonly text?: string | undefined;
  readonly data?: unknown;
  readonly file?: MessageFile | undefined;
  readonly replyTo?: Quote | undefined;
  readonly mentions?: readonly UserId[];
  readonly system?: SystemEvent;
  readonly ownId?: string | undefined;
  readonly digest?: string;
  /** Of members who come or go with it: see `advance`. */
  readonly members?: number;
  /** Up to where its sender has read all: see {@linkcode MessageValues}. */
  readonly readBefore?: number | undefined;
}

/** A message that was stored, and what its conversation is since then. */
export interface StoredMessage {
  readonly message: Message;
  readonly tally: number;
  readonly membersVersion: number;
  readonly membersCount: number;
  /** Whether its sender's pointer has moved with it. */
  readonly isMoved: boolean;
}

/** Stores a message at the next offset. Throws {@linkcode Raced} where there is one with its own id by now. */
export function* addMessage(sql: Dialect, actor: Actor, made: NewMessage): Work<StoredMessage> {
  const { conversation, mentions = [] } = made;
  const stored = storedIn(actor, made, yield* sql.addMessage(sql, valuesOf(actor, made)));
  for (const user of mentions) {
    if (user === actor.user) continue; // who writes has read it
    yield* row(
      `INSERT INTO chat_mentions (conversation, user_id, "offset") VALUES ($1, $2, $3)`,
      ...[conversation, user, stored.message.offset],
    );
  }
  return stored;
}

/** What is written of a new message. */
export function valuesOf(actor: Actor, made: NewMessage): MessageValues {
  const { conversation, kind, text, data, file, replyTo, system, ownId, digest, members } = made;
  const isCounted = kind !== "system";
  return {
    ...{ conversation, isCounted, members, site: actor.site, user: actor.user ?? "" },
    columns: [
      ...[kind, actor.name ?? null, text ?? null, jsonOrNull(data), jsonOrNull(file)],
      ...[replyTo?.id ?? null, jsonOrNull(made.mentions?.length ? made.mentions : undefined)],
      ...[jsonOrNull(system), ownId ?? null, digest ?? null],
    ],
    words: isCounted ? keptWords(conversation, text) : "",
    readBefore: made.readBefore,
  };
}

/** The message that was stored. @param stored as a dialect's `addMessage` returns it */
export function storedIn(actor: Actor, made: NewMessage, stored: Row | undefined): StoredMessage {
  const { conversation, kind, text, data, file, replyTo, system, ownId } = made;
  const mentions = made.mentions?.length ? made.mentions : undefined;
  const { offset, tally, at, membersVersion, membersCount } = placeIn(stored);
  const id = Number(stored?.["id"]);
  const { user, name } = actor;
  const message: Message = {
    ...{ id, conversation, offset, changed: offset, kind, user, name, text, data, file, replyTo },
    ...{ mentions, ownId, createdAt: at, system },
  };
  const isMoved = typeof stored?.["moved"] === "string";
  return { message, tally, membersVersion, membersCount, isMoved };
}

/** Keeps the words by which a message is found. */
export function* keepWords(
  sql: Dialect,
  { id, conversation, text }: Pick<Message, "id" | "conversation" | "text">,
): Work<void> {
  const words = keptWords(conversation, text);
  if (words !== "") yield* later(sql.keepWords, id, words);
}

/** The words of a text, each behind the number of its conversation. */
export function keptWords(conversation: number, text: string | undefined): string {
  return text === undefined ? "" : wordsOf(text).map((word) => `${conversation}:${word}`).join(" ");
}

/** What is shown of a message with what answers it; `undefined` where it is not in the conversation, or not to be seen. */
export function* quoteOf(
  conversation: number,
  id: number,
  fromOffset: number,
): Work<Quote | undefined> {
  const found = Number.isSafeInteger(id)
    ? yield* row(
      `SELECT id, kind, user_id, name, text, file, deleted_at FROM chat_messages
       WHERE id = $1 AND conversation = $2 AND "offset" > $3`,
      ...[id, conversation, fromOffset],
    )
    : undefined;
  if (found === undefined) return undefined;
  const textOf = (column: string) => (found[column] as string | null) || undefined;
  return {
    id,
    kind: found["kind"] as MessageKind,
    user: textOf("user_id"),
    name: textOf("name"),
    text: quoted(textOf("text")),
    ...fileFieldIn(found["file"]),
    isDeleted: found["deleted_at"] === null ? undefined : true,
  };
}

/** The messages with their reactions. They are those of one conversation. @param reader is named wherever it has reacted */
export function* withReactions(
  found: readonly { readonly message: Message; readonly row: Row }[],
  reader: UserId | undefined,
): Work<Message[]> {
  const reacted = found.filter(({ row }) => Number(row["reactions"]) > 0);
  const messages = found.map(({ message }) => message);
  const [first] = reacted;
  if (first === undefined) return messages;
  const offsets = reacted.map(({ message: { offset } }) => offset);
  const reactions = yield* rows(
    `SELECT "offset", emoji, user_id, count FROM (
       SELECT "offset", emoji, user_id, reacted_at,
         COUNT(*) OVER (PARTITION BY "offset", emoji) AS count,
         MIN(reacted_at) OVER (PARTITION BY "offset", emoji) AS since,
         ROW_NUMBER() OVER (PARTITION BY "offset", emoji ORDER BY reacted_at, user_id) AS place
       FROM chat_reactions WHERE conversation = $1 AND "offset" BETWEEN $2 AND $3
     ) AS all_reactions WHERE place <= ${NAMED_REACTORS} OR user_id = $4
     ORDER BY "offset", since, emoji, reacted_at, user_id`,
    ...[first.message.conversation, Math.min(...offsets), Math.max(...offsets), reader ?? ""],
  );
  const byOffset = Map.groupBy(reactions, (each) => Number(each["offset"]));
  return messages.map((message) => {
    const own = byOffset.get(message.offset);
    return own === undefined ? message : { ...message, reactions: reactionsIn(own) };
  });
}

function reactionsIn(found: readonly Row[]): Reaction[] {
  const byEmoji = Map.groupBy(found, (each) => String(each["emoji"]));
  return [...byEmoji].map(([emoji, own]) => ({
    emoji,
    count: Number(own[0]?.["count"]),
    users: own.map((each) => String(each["user_id"])),
  }));
}
