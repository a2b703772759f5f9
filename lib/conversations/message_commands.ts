/** What clients of version 2 can ask of messages in conversations: to send, change, read and find them. */
import { type Command, command, weighed } from "../core/command.ts";
import { actorOf } from "./actor.ts";
import { listed, ofConversation, ofMessage } from "./command_kit.ts";
import type { Conversations } from "./conversations.ts";
import { numberField } from "./field_kinds.ts";
import {
  editFields,
  filesFields,
  messagesFields,
  reactionFields,
  searchFields,
  sendFields,
} from "./fields.ts";
import { filesOnWire, foundOnWire, messageOnWire, pageOnWire, receiptsOnWire } from "./wire.ts";

export function messageCommands(service: Conversations): Command[] {
  return [
    ofConversation(
      "message",
      (fields, { limits }) => sendFields(fields, limits),
      async (connection, request) => {
        const { message, isDuplicate } = await service.send(actorOf(connection), request);
        return { data: { message: messageOnWire(message), ...(isDuplicate && DUPLICATE) } };
      },
    ),
    ofMessage(
      "edit",
      (fields) => ({ id: numberField(fields, "message"), ...editFields(fields) }),
      async (connection, { id, ...change }) => {
        const message = await service.edit(actorOf(connection), id, change);
        return { data: { message: messageOnWire(message) } };
      },
    ),
    ofMessage(
      "unsend",
      (fields) => numberField(fields, "message"),
      async (connection, id) => {
        const message = await service.unsend(actorOf(connection), id);
        return { data: { message: messageOnWire(message) } };
      },
    ),
    ofMessage(
      "react",
      (fields) => ({ id: numberField(fields, "message"), ...reactionFields(fields) }),
      async (connection, { id, emoji, isOn }) => {
        const message = await service.react(actorOf(connection), id, emoji, isOn);
        return { data: { message: messageOnWire(message) } };
      },
    ),
    weighed(ofConversation(
      "messages",
      (fields) => ({ id: numberField(fields, "conversation"), ...messagesFields(fields) }),
      (connection, { id, ...request }) =>
        listed(connection, request.limit, async (limit) => {
          const page = await service.messages(actorOf(connection), id, { ...request, limit });
          return [pageOnWire(page), page.messages.length];
        }),
    )),
    weighed(ofConversation(
      "files",
      (fields) => ({ id: numberField(fields, "conversation"), ...filesFields(fields) }),
      (connection, { id, ...request }) =>
        listed(connection, request.limit, async (limit) => {
          const page = await service.files(actorOf(connection), id, { ...request, limit });
          return [filesOnWire(page), page.messages.length];
        }),
    )),
    weighed(ofMessage(
      "receipts",
      (fields) => numberField(fields, "message"),
      async (connection, id) => {
        const receipts = await service.receipts(actorOf(connection), id);
        const { read, delivered, sent } = receipts;
        connection.charge({ entries: read.length + delivered.length + sent.length });
        return { data: receiptsOnWire(receipts) };
      },
    )),
    weighed(
      command(
        "search",
        searchFields,
        (connection, request) =>
          listed(connection, request.limit, async (limit) => {
            const found = await service.search(actorOf(connection), { ...request, limit });
            return [foundOnWire(found), found.messages.length];
          }),
      ),
    ),
  ];
}

const DUPLICATE = { duplicate: true };
