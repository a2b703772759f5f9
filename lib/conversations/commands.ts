/** What clients of version 2 can ask of conversations and who is in them. `message_commands.ts` has what is said there. */
import type { Fields } from "../base/fields.ts";
import { type Command, command, weighed } from "../core/command.ts";
import type { Connection } from "../core/connection.ts";
import { actorOf } from "./actor.ts";
import { listed, ofConversation } from "./command_kit.ts";
import type { Conversations } from "./conversations.ts";
import { isGiven, numberField, optionalFlag } from "./field_kinds.ts";
import {
  changeFields,
  isChange,
  listFields,
  openFields,
  pageFields,
  seenFields,
} from "./fields.ts";
import type { ConversationChange, OpenRequest } from "./requests.ts";
import { conversationOnWire, listOnWire, membersOnWire, seenOnWire } from "./wire.ts";

/** What a frame `conversation` asks for: that one is there, or that it is so. */
type Asked =
  | { readonly open: OpenRequest }
  | { readonly open?: undefined; readonly id: number; readonly change: ConversationChange };

export function conversationCommands(service: Conversations): Command[] {
  return [
    weighed(command("conversations", listFields, async (connection, request) => {
      const actor = actorOf(connection);
      // First what changes, then the list: what changes in between comes twice, and is not missed.
      await service.subscribe(connection);
      return await listed(connection, request.limit, async (limit) => {
        const list = await service.list(actor, { ...request, limit });
        return [listOnWire(list), list.conversations.length];
      });
    })),
    ofConversation("conversation", askedFields, async (connection, asked) => {
      const actor = actorOf(connection);
      if (asked.open !== undefined) {
        const { conversation, isCreated } = await service.open(actor, asked.open);
        return { data: { conversation: conversationOnWire(conversation), created: isCreated } };
      }
      const { id, change } = asked;
      const conversation = isChange(change)
        ? await service.change(actor, id, change)
        : await service.get(actor, id);
      return { data: { conversation: conversationOnWire(conversation) } };
    }),
    weighed(ofConversation(
      "members",
      (fields) => ({ id: numberField(fields, "conversation"), ...pageFields(fields) }),
      (connection, { id, ...request }) =>
        listed(connection, request.limit, async (limit) => {
          const page = await service.members(actorOf(connection), id, { ...request, limit });
          return [membersOnWire(page), page.members.length];
        }),
    )),
    ofConversation(
      "seen",
      (fields) => ({ id: numberField(fields, "conversation"), ...seenFields(fields) }),
      async (connection, { id, ...request }) => ({
        data: seenOnWire(await service.seen(actorOf(connection), id, request)),
      }),
    ),
    ofConversation(
      "typing",
      (fields) => ({
        id: numberField(fields, "conversation"),
        isTyping: optionalFlag(fields, "typing") ?? true,
      }),
      async (connection, { id, isTyping }) => {
        await service.typing(actorOf(connection), id, isTyping);
        return { data: { conversation: id } };
      },
    ),
  ];
}

function askedFields(fields: Fields, { limits }: Connection): Asked {
  return isGiven(fields, "conversation")
    ? { id: numberField(fields, "conversation"), change: changeFields(fields, limits) }
    : { open: openFields(fields, limits) };
}
