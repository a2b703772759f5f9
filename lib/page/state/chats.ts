/**
 * The user's conversations as the list shows them, and what is known of people. The library keeps them right;
 * `session/chats.ts` puts what it says into the store.
 */
import type { Contact, ConversationInfo, UnreadTotals, User, UserPresence } from "../../sdk/mod.ts";

export interface Chats {
  /** Those that are not archived: pinned ones first, then the one with the newest message. */
  readonly list: readonly ConversationInfo[];
  readonly hasMore: boolean;
  readonly archived: readonly ConversationInfo[];
  readonly hasMoreArchived: boolean;
  /** The server has said which are archived. */
  readonly isArchiveLoaded: boolean;
  /** The server has said what there is. */
  readonly isLoaded: boolean;
  readonly unread: UnreadTotals;
}

export const NO_CHATS: Chats = {
  list: [],
  hasMore: false,
  archived: [],
  hasMoreArchived: false,
  isArchiveLoaded: false,
  isLoaded: false,
  unread: { conversations: 0, messages: 0, mentions: 0 },
};

/** What is known of people whose presence is watched, by their ids. */
export type Presences = ReadonlyMap<string, UserPresence>;

export function findConversation(
  { list, archived }: Chats,
  id: number,
): ConversationInfo | undefined {
  return list.find((each) => each.id === id) ?? archived.find((each) => each.id === id);
}

/** Whether the user hears nothing of it now. */
export function isMuted({ mutedUntil }: ConversationInfo, now = Date.now()): boolean {
  return mutedUntil * 1000 > now;
}

/** Says who is typing, or nothing where nobody is. */
export function typingSentence(people: readonly User[], isPrivate = false): string {
  const [first, second, third] = people;
  if (first === undefined) return "";
  if (isPrivate) return "Typing…";
  if (third !== undefined) return "Several people are typing…";
  return second === undefined
    ? `${first.name} is typing…`
    : `${first.name} and ${second.name} are typing…`;
}

/** Whether the user has blocked somebody, as far as the contacts are known. */
export function isBlocked(contacts: readonly Contact[] | null, userId: string): boolean {
  return contacts?.some((each) => each.userId === userId && each.blocked) ?? false;
}

/** Everybody whom the list knows by a private conversation. */
export function partnersOf({ list, archived }: Chats): User[] {
  return [...list, ...archived].flatMap(({ with: partner }) => partner ?? []);
}
