/** What the routes of messages in conversations are to their callers. */
import { any, line, list, named, object, oneOf, text, where, whole } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { type About, type Abouts, may, must } from "../http/openapi/about.ts";
import { CALLERS_ID, IDEMPOTENCY, kit, PAGE } from "../http/openapi/kit.ts";
import { OF_CONVERSATION } from "./api.ts";
import { FILES, FOUND, MESSAGE, MESSAGES, RECEIPTS } from "./api_schemas.ts";
import { MOST_MENTIONS, MOST_URL } from "./content.ts";
import { MOST_QUERY } from "./fields.ts";
import { FILE_KINDS } from "./store/file_list.ts";

const OF_MESSAGE = {
  message: must(text("The message's id.", { pattern: "^[1-9]\\d{0,15}$" }), "12"),
};

const OF_REACTION = {
  ...OF_MESSAGE,
  emoji: must(text("One emoji.", { max: 64 }), "👍"),
};

/** @param mostText characters of a message */
export function messagesApi(limits: Limits, mostText: number): Abouts {
  const { acting, actingField, user, data } = kit(limits);
  const from = {
    from: line("The name that others see of the user as whom an application acts.", limits.name),
  };
  const said = text("What it says.", { max: mostText });
  const content = {
    ...actingField,
    ...from,
    kind: oneOf("What it is.", ["text", ...FILE_KINDS], "text"),
    text: said,
    data,
    file: text("The id of a file that its sender may read, or an address where it is.", {
      max: MOST_URL,
    }),
    reply_to: whole("The id of the message that it answers.", { least: 1 }),
    mentions: list("Users whom it mentions.", user, { most: MOST_MENTIONS }),
    id: CALLERS_ID,
  };
  const sent: About["answers"] = {
    201: { description: "It is stored, and all members are sent it.", json: MESSAGE },
    200: { description: "It was sent before, under the same id.", json: MESSAGE },
  };
  const errors = ["rate_limited", "file_refused", "not_found"] as const;
  /** A message of the kind text has a text, others have a file. */
  const says = {
    anyOf: [
      { required: ["text"], properties: { kind: { const: "text" } } },
      { required: ["file", "kind"], properties: { kind: { enum: [...FILE_KINDS] } } },
    ],
  };
  return {
    "GET /conversations/:conversation/messages": {
      id: "listMessages",
      tag: "messages",
      summary:
        "Read messages: the newest, those before, after or around one, or those that were missed",
      path: OF_CONVERSATION,
      query: {
        ...acting,
        limit: PAGE["limit"]!,
        before: may(whole("Messages before this offset.")),
        after: may(whole("Messages after this offset.")),
        around: may(whole("Messages around the one with this id.", { least: 1 })),
        since: may(whole("What has changed after this offset, with `epoch`.")),
        epoch: may(text("The epoch of that offset.")),
      },
      answers: { 200: { description: "A part of them.", json: MESSAGES } },
    },
    "GET /conversations/:conversation/files": {
      id: "listConversationFiles",
      tag: "messages",
      summary: "List the files of a conversation",
      path: OF_CONVERSATION,
      query: { ...PAGE, ...acting, kind: may(oneOf("Of which kind.", FILE_KINDS)) },
      answers: { 200: { description: "A part of them.", json: FILES } },
    },
    "POST /conversations/:conversation/messages": {
      id: "sendMessage",
      tag: "messages",
      summary: "Send a message to a conversation",
      path: OF_CONVERSATION,
      query: { ...acting, text: may({ ...said, description: "As the field `text`." }) },
      headers: IDEMPOTENCY,
      body: {
        fields: named("NewMessage", where(object("A message.", {}, content), says)),
        text: "text",
        isRequired: true,
        examples: {
          "A text": { user_id: 1, text: "Hello" },
          "With a mention": {
            user_id: 1,
            text: "Hello Bob",
            mentions: [2],
            data: { mood: "good" },
          },
        },
      },
      answers: sent,
      errors,
    },
    "POST /messages": {
      id: "sendMessageTo",
      tag: "messages",
      summary: "Send a message to a user, or to a conversation",
      headers: IDEMPOTENCY,
      body: {
        fields: named(
          "NewMessageTo",
          where(
            object("A message, and to where.", {}, {
              to: {
                ...user,
                description:
                  "To the private conversation with this user, which is made where there is none.",
              },
              conversation: whole("To this conversation.", { least: 1 }),
              ...content,
            }),
            {
              allOf: [{ oneOf: [{ required: ["to"] }, { required: ["conversation"] }] }, says],
            },
          ),
        ),
        isRequired: true,
        examples: { "To a user": { user_id: 1, to: 2, text: "Hello", id: "hello-to-2" } },
      },
      answers: sent,
      errors: [...errors, "too_many_conversations"],
    },
    "GET /messages/:message": {
      id: "getMessage",
      tag: "messages",
      summary: "Show a message",
      path: OF_MESSAGE,
      query: acting,
      answers: { 200: { description: "The message.", json: MESSAGE } },
    },
    "PATCH /messages/:message": {
      id: "editMessage",
      tag: "messages",
      summary: "Change a message",
      path: OF_MESSAGE,
      query: acting,
      body: {
        fields: named(
          "MessageChange",
          where(
            object("What is to change.", {}, {
              ...actingField,
              ...from,
              text: said,
              data: any("Any JSON value for programs; `null` takes it away."),
            }),
            { anyOf: [{ required: ["text"] }, { required: ["data"] }] },
          ),
        ),
        isRequired: true,
        examples: { "Another text": { user_id: 1, text: "Hello, all" } },
      },
      answers: { 200: { description: "The message as it is now.", json: MESSAGE } },
      errors: ["too_late"],
    },
    "DELETE /messages/:message": {
      id: "unsendMessage",
      tag: "messages",
      summary: "Take a message back",
      path: OF_MESSAGE,
      query: acting,
      answers: { 200: { description: "What is left of it: that there was one.", json: MESSAGE } },
      errors: ["too_late"],
    },
    "PUT /messages/:message/reactions/:emoji": {
      id: "addReaction",
      tag: "messages",
      summary: "React to a message",
      path: OF_REACTION,
      query: acting,
      body: {
        fields: named("Reacting", object("Who reacts.", {}, { ...actingField, ...from })),
        examples: { "As a user": { user_id: 2 } },
      },
      answers: { 200: { description: "The message as it is now.", json: MESSAGE } },
    },
    "DELETE /messages/:message/reactions/:emoji": {
      id: "removeReaction",
      tag: "messages",
      summary: "Take a reaction back",
      path: OF_REACTION,
      query: acting,
      answers: { 200: { description: "The message as it is now.", json: MESSAGE } },
    },
    "GET /messages/:message/receipts": {
      id: "getReceipts",
      tag: "messages",
      summary: "Ask who has a message, and who has read it",
      path: OF_MESSAGE,
      query: acting,
      answers: { 200: { description: "Who has it.", json: RECEIPTS } },
    },
    "GET /search": {
      id: "searchMessages",
      tag: "messages",
      summary: "Find messages by their words",
      query: {
        q: must(text("Words.", { max: MOST_QUERY }), "hello"),
        ...PAGE,
        ...acting,
        conversation: may(whole("In this conversation alone.", { least: 1 })),
      },
      answers: { 200: { description: "A part of them.", json: FOUND } },
    },
  };
}
