/** What is counted of conversations. */
import { Counter } from "../core/metrics.ts";
import type { RefusalCounters } from "../core/refusals.ts";

export type ChatCounters = ReturnType<typeof chatCounters>;

export function chatCounters() {
  return {
    conversations: new Counter(
      "chat_conversations",
      "Conversations that were made through this node.",
    ),
    messages: new Counter(
      "chat_messages",
      "Messages that people and applications have sent in conversations through this node.",
    ),
    changes: new Counter(
      "chat_changes",
      "Messages of conversations that were edited, deleted or reacted to through this node.",
    ),
    reads: new Counter(
      "chat_reads",
      "Times that a user has read on in a conversation through this node.",
    ),
    dropped: new Counter(
      "chat_dropped",
      "Messages of conversations that this node removed since they were too old or too many.",
    ),
  };
}

/** Counts what is refused with the codes of conversations. */
export function chatRefusals(): RefusalCounters {
  return {
    too_many_members: new Counter(
      "refused_members",
      "Frames and requests by which a conversation would have had too many members.",
    ),
    too_many_conversations: new Counter(
      "refused_conversations",
      "Frames and requests for users who were in as many conversations as one may be in.",
    ),
    too_late: new Counter(
      "refused_late",
      "Frames and requests to change messages of conversations that were too old, or deleted.",
    ),
  };
}
