/** The frames of what happens in conversations, as version 2 and streams of events have them. */
import { userIdOnWire } from "../base/fields.ts";
import type { ChangedFields, ChatEvent, ReceiptEvent } from "./events.ts";
import type { Conversation, OwnState } from "./types.ts";
import {
  conversationOnWire,
  memberOnWire,
  messageOnWire,
  type OnWire,
  partnerOnWire,
  totalOnWire,
  untilOnWire,
} from "./wire.ts";

/** The texts of events, each of which goes to the channels of all members of a conversation. */
const texts = new WeakMap<ChatEvent, string>();

/** The frame of an event as a text, which is made once for all who get the same object. */
export function chatText(event: ChatEvent): string {
  let text = texts.get(event);
  if (text === undefined) texts.set(event, text = JSON.stringify(chatFrame(event)));
  return text;
}

export function chatFrame(event: ChatEvent): OnWire {
  const { conversation } = event;
  switch (event.type) {
    case "message": {
      const { offset, message } = event;
      return { type: "new_message", conversation, offset, message: messageOnWire(message) };
    }
    case "message_changed": {
      const { offset, change, message } = event;
      const changed = messageOnWire(message);
      return { type: "message_changed", conversation, offset, change, message: changed };
    }
    case "receipt":
      return { type: "receipt", conversation, receipts: event.receipts.map(receiptOnWire) };
    case "conversation": {
      const { offset, change, data } = event;
      const changed = changedOnWire(data);
      return { type: "conversation_changed", conversation, offset, change, data: changed };
    }
    case "typing": {
      const user_id = userIdOnWire(event.user);
      return { type: "typing", conversation, user_id, name: event.name, typing: event.isTyping };
    }
  }
}

function receiptOnWire({ user, read, delivered }: ReceiptEvent["receipts"][number]): OnWire {
  return { user_id: userIdOnWire(user), read, delivered };
}

/** The fields of a conversation that have changed; `null` says that one is no more. */
function changedOnWire(fields: ChangedFields): OnWire {
  const { own, members, unreadTotal, added, removed, roles, lastMessage, with: partner } = fields;
  const { createdAt, changedAt, membersCount, membersNext, ...same } = fields;
  if (isWhole(fields)) return conversationOnWire(fields);
  const { id, kind, name, picture, data, history, offset, epoch } = same;
  return {
    ...{ id, kind, name, picture, data, history, offset, epoch },
    members_count: membersCount,
    created_at: seconds(createdAt),
    changed_at: seconds(changedAt),
    last_message: lastMessage && messageOnWire(lastMessage),
    with: partner && partnerOnWire(partner),
    members: members?.map(memberOnWire),
    members_next: membersNext,
    ...(own && ownOnWire(own)),
    unread_total: unreadTotal && totalOnWire(unreadTotal),
    added: added?.map(userIdOnWire),
    removed: removed?.map(userIdOnWire),
    roles,
  };
}

/** Whether these are all fields of a conversation, as for those who are new in it. */
function isWhole(fields: ChangedFields): fields is Conversation {
  return fields.id !== undefined && fields.id !== null && fields.kind !== undefined &&
    fields.epoch !== undefined;
}

/** All of it, the usual too: what was set may be set no more. */
function ownOnWire(own: OwnState): OnWire {
  const { role, unread, mentions, read, delivered, mutedUntil = 0 } = own;
  const { pinned = false, archived = false } = own;
  const muted_until = untilOnWire(mutedUntil);
  return { role, unread, mentions, read, delivered, muted_until, pinned, archived };
}

function seconds(milliseconds: number | null | undefined): number | null | undefined {
  return typeof milliseconds === "number" ? untilOnWire(milliseconds) : milliseconds;
}
