/** What the commands of conversations are to clients, and what comes of them. The fields are those of the routes. */
import { any, either, flag, list, map, object, oneOf, text, whole } from "../base/schema.ts";
import type { JsonSchema } from "../base/shape.ts";
import type { Limits } from "../base/sizes.ts";
import { USER } from "../http/openapi/kit.ts";
import { bodyFields, queryFields } from "../http/openapi/reused.ts";
import { SINCE, type SocketAbouts } from "../http/openapi/socket_about.ts";
import { conversationsApi } from "./api.ts";
import {
  CONVERSATION,
  CONVERSATIONS,
  FILES,
  FOUND,
  MEMBERS,
  MESSAGE,
  MESSAGES,
  RECEIPTS,
  SEEN,
} from "./api_schemas.ts";
import { messagesApi } from "./message_api.ts";

const CONVERSATION_ID = { conversation: whole("The conversation.", { least: 1 }) };
const MESSAGE_ID = { message: whole("The message.", { least: 1 }) };
const ONE_MESSAGE = object("The message as it is now.", { message: MESSAGE });

export function conversationSockets(limits: Limits, mostText: number): SocketAbouts {
  const api = { ...conversationsApi(limits), ...messagesApi(limits, mostText) };
  const body = (key: string) => bodyFields(api[key]!, "user_id", "from");
  const query = (key: string) => queryFields(api[key]!, "user_id");
  const place = { offset: whole("Its place in the conversation."), ...CONVERSATION_ID };
  return {
    commands: {
      conversations: {
        summary: "List the user's conversations, and hear what happens in them from then on",
        fields: object("A page.", {}, query("GET /conversations")),
        answer: CONVERSATIONS,
        example: { limit: 10 },
      },
      conversation: {
        summary: "Open, show or change a conversation",
        fields: object("Without `conversation`, one is opened.", {}, {
          ...CONVERSATION_ID,
          ...body("POST /conversations"),
          ...body("PATCH /conversations/:conversation"),
        }),
        answer: object("The conversation.", { conversation: CONVERSATION }, {
          created: flag("Whether it was made."),
        }),
        example: { kind: "group", members: [2], name: "Team" },
      },
      members: {
        summary: "List who is in a conversation",
        fields: object(
          "A page.",
          CONVERSATION_ID,
          query("GET /conversations/:conversation/members"),
        ),
        answer: MEMBERS,
        example: { conversation: 1 },
      },
      seen: {
        summary: "Say how far the user has read, or has what was said",
        fields: object(
          "Up to where.",
          CONVERSATION_ID,
          body("POST /conversations/:conversation/read"),
        ),
        answer: SEEN,
        example: { conversation: 1 },
      },
      typing: {
        summary: "Tell the others that the user is typing",
        fields: object("Where.", CONVERSATION_ID, {
          typing: flag("Whether the user types.", true),
        }),
        answer: object("Where.", CONVERSATION_ID),
        example: { conversation: 1, typing: true },
      },
      message: {
        summary: "Send a message to a conversation, or to a user",
        fields: object("A message.", {}, body("POST /messages")),
        answer: object("The message.", { message: MESSAGE }, {
          duplicate: { const: true, description: "It was sent before, under the same id." },
        }),
        example: { conversation: 1, text: "Hello" },
      },
      edit: {
        summary: "Change a message",
        fields: object("What is to change.", MESSAGE_ID, body("PATCH /messages/:message")),
        answer: ONE_MESSAGE,
        example: { message: 1, text: "Hello, all" },
      },
      unsend: {
        summary: "Take a message back",
        fields: object("Which.", MESSAGE_ID),
        answer: ONE_MESSAGE,
        example: { message: 1 },
      },
      react: {
        summary: "React to a message, or take that back",
        fields: object("How.", { ...MESSAGE_ID, emoji: text("One emoji.", { max: 64 }) }, {
          on: flag("Whether it is there.", true),
        }),
        answer: ONE_MESSAGE,
        example: { message: 1, emoji: "👍" },
      },
      messages: {
        summary:
          "Read messages: the newest, those before, after or around one, or those that were missed",
        fields: object("Which.", CONVERSATION_ID, {
          ...queryFields(
            api["GET /conversations/:conversation/messages"]!,
            ...["user_id", "since", "epoch"],
          ),
          since: SINCE,
        }),
        answer: MESSAGES,
        example: { conversation: 1, limit: 10 },
      },
      files: {
        summary: "List the files of a conversation",
        fields: object("Which.", CONVERSATION_ID, query("GET /conversations/:conversation/files")),
        answer: FILES,
        example: { conversation: 1 },
      },
      receipts: {
        summary: "Ask who has a message, and who has read it",
        fields: object("Which.", MESSAGE_ID),
        answer: RECEIPTS,
        example: { message: 1 },
      },
      search: {
        summary: "Find messages by their words",
        fields: object("What.", {}, query("GET /search")),
        answer: FOUND,
        example: { q: "hello" },
      },
    },
    pushes: {
      conversations: {
        summary: "On a stream: the user's conversations, or those that have changed since",
        fields: CONVERSATIONS,
      },
      new_message: {
        summary: "Something was said in a conversation",
        fields: object("A message.", { ...place, message: MESSAGE }),
      },
      message_changed: {
        summary: "A message has changed",
        fields: object("A message.", {
          ...place,
          change: oneOf("How.", ["edited", "deleted", "reacted"]),
          message: MESSAGE,
        }),
      },
      receipt: {
        summary: "Others have read, or got, what was said",
        fields: object("How far they are.", {
          ...CONVERSATION_ID,
          receipts: list(
            "By users.",
            object("One of them.", { user_id: USER }, {
              read: whole("Up to this offset."),
              delivered: whole("Up to this offset."),
            }),
          ),
        }),
      },
      conversation_changed: {
        summary: "A conversation has changed, or what it is to its user",
        fields: object("A change.", {
          ...CONVERSATION_ID,
          change: oneOf("What has changed.", [
            ...["created", "removed", "renamed", "pictured", "data", "members", "roles", "ended"],
            "own",
          ]),
          data: changedFields(),
        }, { offset: place.offset }),
      },
      typing: {
        summary: "Somebody is typing, or no more",
        fields: object("Who.", { ...CONVERSATION_ID, user_id: USER, typing: flag("Whether.") }, {
          name: text("The name that others see."),
        }),
      },
    },
  };
}

/** Fields of a conversation, of which each may be there; `null` says that one is no more. */
function changedFields(): JsonSchema {
  const { properties } = CONVERSATION as { properties: Record<string, JsonSchema> };
  const fields = Object.entries(properties)
    .map(([name, schema]) => [name, either("See `Conversation`.", schema, { type: "null" })]);
  return object("What it is now.", {}, {
    ...Object.fromEntries(fields),
    unread_total: any("What is unread in all conversations."),
    added: list("Who has come.", USER),
    removed: list("Who has gone.", USER),
    roles: map("Roles by users.", { type: "string" }),
  });
}
