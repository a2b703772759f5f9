/** What the routes of conversations are to their callers. `message_api.ts` says it of what is said there. */
import {
  any,
  either,
  flag,
  line,
  list,
  map,
  named,
  object,
  oneOf,
  orNull,
  text,
  where,
  whole,
} from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { type Abouts, may, must } from "../http/openapi/about.ts";
import { CALLERS_ID, IDEMPOTENCY, kit, PAGE, TIME } from "../http/openapi/kit.ts";
import { CONVERSATION, CONVERSATIONS, MEMBERS, SEEN } from "./api_schemas.ts";
import { MOST_URL } from "./content.ts";
import { MOST_USERS, ROLES } from "./field_kinds.ts";
import { HISTORIES } from "./fields.ts";

export const OF_CONVERSATION = {
  conversation: must(text("The conversation's id.", { pattern: "^[1-9]\\d{0,15}$" }), "7"),
};

export function conversationsApi(limits: Limits): Abouts {
  const { acting, actingField, user, data, ofUser } = kit(limits);
  const name = line("The name of a group.", limits.name, "Team");
  const picture = text("The address of a picture: an http or https URL, or a path.", {
    max: MOST_URL,
    pattern: "^(https?://|/(?!/))\\S*$",
  });
  const users = (description: string) => list(description, user, { most: MOST_USERS });
  const from = {
    from: line("The name that others see of the user as whom an application acts.", limits.name),
  };
  const role = oneOf("What the member may do.", ROLES);
  const changed = { 200: { description: "The conversation as it is now.", json: CONVERSATION } };
  const own = {
    archived: flag("Whether it is archived for the user."),
    pinned: flag("Whether it is pinned for the user."),
    muted: flag("Mutes it for good, or not any more."),
    muted_until: orNull({ description: "Until when it is muted.", allOf: [TIME] }),
  };
  return {
    "GET /conversations": {
      id: "listConversations",
      tag: "conversations",
      summary: "List a user's conversations",
      query: {
        ...PAGE,
        ...acting,
        archived: may(oneOf("Only the archived ones, or only the others.", ["true", "false"])),
        since: may(text("The `synced` of an earlier list: only what has changed since is listed.")),
      },
      answers: { 200: { description: "A part of them.", json: CONVERSATIONS } },
    },
    "POST /conversations": {
      id: "openConversation",
      tag: "conversations",
      summary: "Find the private conversation with a user, or make a group",
      headers: IDEMPOTENCY,
      body: {
        fields: named(
          "NewConversation",
          where(
            object("A conversation.", { kind: oneOf("What it is.", ["private", "group"]) }, {
              ...actingField,
              ...from,
              members: users(
                "The others. A private conversation has one, or two where an application opens it as itself.",
              ),
              name,
              picture,
              data,
              history: oneOf("What those see who come later.", HISTORIES, "joined"),
              id: CALLERS_ID,
            }),
            {
              anyOf: [
                { properties: { kind: { const: "group" } } },
                { required: ["members"] },
              ],
            },
          ),
        ),
        isRequired: true,
        examples: {
          "A group": {
            kind: "group",
            user_id: 1,
            members: [2, 3],
            name: "Team",
            id: "team-of-2026",
          },
          "A private one": { kind: "private", user_id: 1, members: [2] },
        },
      },
      answers: {
        201: { description: "It is made.", json: CONVERSATION },
        200: { description: "It was there.", json: CONVERSATION },
      },
      errors: ["too_many_members", "too_many_conversations", "conflict", "not_found"],
    },
    "GET /conversations/:conversation": {
      id: "getConversation",
      tag: "conversations",
      summary: "Show a conversation with its first members",
      path: OF_CONVERSATION,
      query: acting,
      answers: { 200: { description: "The conversation.", json: CONVERSATION } },
    },
    "PATCH /conversations/:conversation": {
      id: "editConversation",
      tag: "conversations",
      summary: "Change a conversation, who is in it, or what it is to its user",
      path: OF_CONVERSATION,
      query: acting,
      body: {
        fields: named(
          "ConversationChange",
          object("What is to change; `null` takes a field away, and what is absent stays.", {}, {
            ...actingField,
            ...from,
            name: orNull(name),
            picture: orNull(picture),
            data: any("Any JSON value for programs."),
            add: users("Who comes in."),
            remove: users("Who goes."),
            roles: map(
              "Roles by users. Making another one the owner hands the group over.",
              role,
              MOST_USERS,
            ),
            leave: flag("Whether the user goes."),
            ...own,
          }),
        ),
        isRequired: true,
        examples: {
          "Another name": { user_id: 1, name: "The team" },
          "Pinned": { user_id: 1, pinned: true, muted: true },
        },
      },
      answers: changed,
      errors: ["too_many_members", "too_many_conversations"],
    },
    "DELETE /conversations/:conversation": {
      id: "leaveConversation",
      tag: "conversations",
      summary: "Leave a conversation, or end it for all",
      path: OF_CONVERSATION,
      query: {
        ...acting,
        end: may(
          oneOf("Whether it ends for all, as it does where an application deletes it as itself.", [
            "true",
            "false",
          ]),
        ),
      },
      answers: { 204: { description: "The user is not in it, or it is not there." } },
    },
    "GET /conversations/:conversation/members": {
      id: "listMembers",
      tag: "conversations",
      summary: "List who is in a conversation",
      path: OF_CONVERSATION,
      query: { ...PAGE, ...acting },
      answers: { 200: { description: "A part of them.", json: MEMBERS } },
    },
    "POST /conversations/:conversation/members": {
      id: "addMembers",
      tag: "conversations",
      summary: "Add members to a group",
      path: OF_CONVERSATION,
      query: acting,
      body: {
        fields: named(
          "NewMembers",
          object("Who comes in.", { members: users("Users.") }, { ...actingField, ...from }),
        ),
        isRequired: true,
        examples: { "One more": { user_id: 1, members: [4] } },
      },
      answers: changed,
      errors: ["too_many_members", "too_many_conversations"],
    },
    "PATCH /conversations/:conversation/members/:user": {
      id: "setMemberRole",
      tag: "conversations",
      summary: "Change what a member may do",
      path: { ...OF_CONVERSATION, ...ofUser },
      query: acting,
      body: {
        fields: named("MemberChange", object("The role.", { role }, { ...actingField, ...from })),
        isRequired: true,
        examples: { "An admin": { user_id: 1, role: "admin" } },
      },
      answers: changed,
    },
    "DELETE /conversations/:conversation/members/:user": {
      id: "removeMember",
      tag: "conversations",
      summary: "Take a member out of a group, or leave it",
      path: { ...OF_CONVERSATION, ...ofUser },
      query: acting,
      answers: { 204: { description: "The user is not in it." } },
    },
    "POST /conversations/:conversation/read": {
      id: "markRead",
      tag: "conversations",
      summary: "Say how far a user has read, or has what was said",
      path: OF_CONVERSATION,
      query: acting,
      body: {
        fields: named(
          "SeenUpTo",
          object("Up to where; up to the last event where nothing is said.", {}, {
            ...actingField,
            offset: whole("Up to this offset."),
            message: whole("Up to this message.", { least: 1 }),
            state: oneOf("What the user has done.", ["read", "delivered"], "read"),
          }),
        ),
        examples: { "All of it": { user_id: 2 }, "Up to an offset": { user_id: 2, offset: 1 } },
      },
      answers: { 200: { description: "How far the user is now.", json: SEEN } },
    },
    "POST /conversations/:conversation/typing": {
      id: "setTyping",
      tag: "conversations",
      summary: "Tell the others that a user is typing",
      path: OF_CONVERSATION,
      query: acting,
      body: {
        fields: named(
          "Typing",
          object("Whether the user types.", {}, {
            ...actingField,
            typing: either("Whether the user types.", { type: "boolean", default: true }),
          }),
        ),
        examples: { "Typing": { user_id: 1, typing: true } },
      },
      answers: { 204: { description: "The others are told, if not too often." } },
    },
  };
}
