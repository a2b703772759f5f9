/** Reads the messages that none of a user's clients has got yet. `delivery.ts` gives them to a connection that comes. */
import type { Conversations } from "../../conversations/conversations.ts";
import type { Actor, Conversation, Message } from "../../conversations/types.ts";

/** How many conversations and messages are read at once. */
const PAGE = 100;

/** The messages, of each conversation the oldest first. Rejects where the store cannot be reached. */
export async function* undelivered(
  conversations: Conversations,
  actor: Actor,
): AsyncGenerator<readonly Message[]> {
  for await (const { id, own, offset } of unreadOnes(conversations, actor)) {
    let after = own?.delivered ?? offset;
    while (after < offset) {
      const page = await conversations.messages(actor, id, { after, limit: PAGE });
      yield page.messages;
      after = page.hasAfter ? page.messages.at(-1)?.offset ?? offset : offset;
    }
  }
}

/** The conversations in which something is unread. What has been read on another device is no news. */
async function* unreadOnes(
  conversations: Conversations,
  actor: Actor,
): AsyncGenerator<Conversation> {
  const { conversations: count } = await conversations.unread(actor); // archived ones are not counted
  yield* unreadAmong(conversations, actor, { archived: false, count });
  yield* unreadAmong(conversations, actor, { archived: true, count: Infinity });
}

/** @param count how many there are at the most */
async function* unreadAmong(
  conversations: Conversations,
  actor: Actor,
  { archived, count }: { readonly archived: boolean; readonly count: number },
): AsyncGenerator<Conversation> {
  let cursor: string | undefined;
  for (let left = count; left > 0;) {
    const page = await conversations.list(actor, { limit: PAGE, cursor, archived });
    for (const conversation of page.conversations) {
      if ((conversation.own?.unread ?? 0) === 0) continue;
      left--;
      yield conversation;
    }
    cursor = page.next;
    if (cursor === undefined) return;
  }
}
