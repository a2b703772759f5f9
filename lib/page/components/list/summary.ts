/** What the list says of a conversation or a room. */
import type { MessageStatus, User } from "../../../sdk/mod.ts";
import { isMuted, typingSentence } from "../../state/chats.ts";
import type { Entry } from "../../state/listing.ts";
import { shownName } from "../../../sdk/view/text.ts";
import { systemSentence } from "../chat/system_sentence.ts";
import { shownMessage } from "../../state/thread.ts";
import { wordsOfKind } from "../chat/words.ts";

export interface Summary {
  readonly name: string;
  readonly timestamp?: number;
  readonly unread: number;
  readonly mentions: number;
  readonly isMuted: boolean;
  readonly isPinned: boolean;
  /** Something that was written here was not sent. */
  readonly isFailed: boolean;
  /** Who said the last words, where that has to be said. */
  readonly by: string;
  readonly words: string;
  /** What became of the last words, where they are our own. */
  readonly status?: MessageStatus;
  /** Who is typing, in words. */
  readonly typing: string;
}

export function summaryOf(entry: Entry, me: string): Summary {
  if (entry.kind === "room") {
    const { room, unread, messages, left } = entry.room;
    const last = messages.at(-1);
    const by = last === undefined || left !== undefined
      ? ""
      : last.userId === me
      ? "You"
      : last.name;
    const words = left === undefined ? last?.message ?? "Room" : "You are no longer in this room";
    const rest = { mentions: 0, isMuted: false, isPinned: false, isFailed: false, typing: "" };
    return { ...rest, name: room, unread, by, words, timestamp: last?.timestamp };
  }
  const { info } = entry;
  const { name, kind, unread, mentions, pinned, lastMessage, typing, createdAt } = info;
  const shown = {
    name,
    unread,
    mentions,
    isMuted: isMuted(info),
    isPinned: pinned,
    isFailed: info.failed > 0,
  };
  const sentence = typingSentence(typing.map(withShownName), kind === "private");
  if (lastMessage === undefined) {
    const words = kind === "group" ? "New group" : "Nothing was said yet";
    return { ...shown, by: "", words, typing: sentence, timestamp: createdAt };
  }
  const { userId, createdAt: timestamp, status } = lastMessage;
  const isOwn = userId === me;
  const isSystem = lastMessage.kind === "system";
  const nameOf = (id: string) => (id === info.with?.userId ? info.with.name : id);
  return {
    ...shown,
    timestamp,
    by: isSystem || (kind === "private" && !isOwn) ? "" : isOwn ? "You" : lastMessage.name,
    words: isSystem
      ? systemSentence(shownMessage(lastMessage, me), { nameOf, me })
      : lastMessage.deleted
      ? "Message deleted"
      : wordsOfKind(lastMessage),
    typing: sentence,
    ...(isOwn && !isSystem && !lastMessage.deleted ? { status } : {}),
  };
}

function withShownName({ userId, name }: User): User {
  return { userId, name: shownName(name) };
}
