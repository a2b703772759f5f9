/** What the routes of blocked users and revoked tokens are to their callers. */
import { list, named, object, text, where, whole } from "../../base/schema.ts";
import type { JsonSchema } from "../../base/shape.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Abouts } from "../../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, SITE, SITE_QUERY, TIME, USER } from "../../http/openapi/kit.ts";
import { MAX_ID } from "./fields.ts";

const BLOCK = named(
  "Block",
  object("A user who is blocked.", { user_id: USER, blocked_at: at("Since when.") }, {
    until: at("Until when; absent: for good."),
  }),
);

const REVOCATION = named(
  "Revocation",
  object(
    "What is revoked: one of these.",
    { revoked_at: at("Since when; later tokens are good.") },
    {
      token_id: text("A token's `jti`."),
      session_id: text("A session's `sid`."),
      user_id: USER,
      everyone: { const: true, description: "All tokens of the site." },
      expires_at: at("When nothing of it is left."),
    },
  ),
);

const NAMES = ["token_id", "session_id", "user_id", "everyone"]
  .map((name) => ({ required: [name] }));

const SITE_FIELDS: JsonSchema = object("Where.", {}, { site: SITE });

export function revocationsApi(limits: Limits): Abouts {
  const { ofUser, user } = kit(limits);
  const ofId = (description: string) => text(description, { max: MAX_ID });
  return {
    "POST /users/:user/disconnect": {
      id: "disconnectUser",
      tag: "revocations",
      summary: "Close all connections of a user, who may come back",
      path: ofUser,
      query: SITE_QUERY,
      body: { fields: SITE_FIELDS },
      answers: { 204: { description: "They are closed, on all nodes." } },
    },
    "POST /users/:user/block": {
      id: "blockUser",
      tag: "revocations",
      summary: "Block a user, for good or for a time",
      path: ofUser,
      query: SITE_QUERY,
      body: {
        fields: named(
          "NewBlock",
          where(
            object("For how long; for good where nothing is said.", {}, {
              seconds: whole("So many seconds.", { least: 1, most: 1e9 }),
              until: { allOf: [TIME], description: "Until then, which is in the future." },
              site: SITE,
            }),
            { not: { required: ["seconds", "until"] } },
          ),
        ),
        examples: { "For an hour": { seconds: 3600 } },
      },
      answers: { 200: { description: "Nobody gets in as this user.", json: BLOCK } },
    },
    "POST /users/:user/unblock": {
      id: "unblockUser",
      tag: "revocations",
      summary: "Let a blocked user in again",
      path: ofUser,
      query: SITE_QUERY,
      body: { fields: SITE_FIELDS },
      answers: { 204: { description: "The user is not blocked." } },
    },
    "GET /blocks": {
      id: "listBlocks",
      tag: "revocations",
      summary: "List blocked users",
      query: { ...PAGE, ...SITE_QUERY },
      answers: {
        200: {
          description: "A part of them, the newest first.",
          json: object("Blocks.", { blocks: list("One part.", BLOCK) }, { next: NEXT }),
        },
      },
    },
    "POST /revocations": {
      id: "revoke",
      tag: "revocations",
      summary: "Revoke tokens: one, those of a session, of a user, or all",
      query: SITE_QUERY,
      body: {
        fields: named(
          "NewRevocation",
          where(
            object("What is revoked: one of the first four.", {}, {
              token_id: ofId("A token's `jti`."),
              session_id: ofId("A session's `sid`."),
              user_id: user,
              everyone: { const: true, description: "All tokens of the site." },
              expires_at: {
                allOf: [TIME],
                description: "When the tokens end anyway; a time in the future.",
              },
              site: SITE,
            }),
            { oneOf: NAMES },
          ),
        ),
        isRequired: true,
        examples: { "A user's tokens": { user_id: 42 }, "One session": { session_id: "s-17" } },
      },
      answers: { 201: { description: "They count no more, on all nodes.", json: REVOCATION } },
    },
    "GET /revocations": {
      id: "listRevocations",
      tag: "revocations",
      summary: "List what is revoked",
      query: { ...PAGE, ...SITE_QUERY },
      answers: {
        200: {
          description: "A part of it, the newest first.",
          json: object("Revocations.", { revocations: list("One part.", REVOCATION) }, {
            next: NEXT,
          }),
        },
      },
    },
  };
}
