/** What the routes of topics' followers are to their callers. */
import { list, named, object } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import type { Abouts } from "../http/openapi/about.ts";
import { at, kit, NEXT, PAGE, USER } from "../http/openapi/kit.ts";

export function followersApi(limits: Limits): Abouts {
  const { ofUser, ofTopic, topic } = kit(limits);
  const followed = named(
    "FollowedTopic",
    object("A topic that a user follows.", { user_id: USER, topic }),
  );
  const both = { ...ofUser, ...ofTopic };
  return {
    "GET /users/:user/topics": {
      id: "listFollowed",
      tag: "topics",
      summary: "List the topics that a user follows",
      path: ofUser,
      query: PAGE,
      answers: {
        200: {
          description: "A part of them.",
          json: object("Topics, by their names.", {
            topics: list("One part.", object("One of them.", { topic, since: at("Since when.") })),
          }, { next: NEXT }),
        },
      },
    },
    "PUT /users/:user/topics/:topic": {
      id: "followTopic",
      tag: "topics",
      summary: "Have a user follow a topic, so that notifications to it come to the user",
      path: both,
      answers: {
        201: { description: "The user follows it now.", json: followed },
        200: { description: "The user has followed it before.", json: followed },
      },
      errors: ["too_many_followed"],
    },
    "DELETE /users/:user/topics/:topic": {
      id: "unfollowTopic",
      tag: "topics",
      summary: "Have a user follow a topic no more",
      path: both,
      answers: { 204: { description: "The user does not follow it." } },
    },
  };
}
