/** What the commands of topics' followers are to clients. */
import { list, object, text, whole } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { at, kit, NEXT } from "../http/openapi/kit.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";

export function followerSockets(limits: Limits): SocketAbouts {
  const { topic } = kit(limits);
  return {
    commands: {
      follow: {
        summary: "Follow a topic, so that notifications to it come",
        fields: object("Which.", { topic }, { token: text("A subscription token.") }),
        answer: object("The topic.", { topic }),
        example: { topic: "orders" },
      },
      unfollow: {
        summary: "Follow a topic no more",
        fields: object("Which.", { topic }),
        answer: object("The topic.", { topic }),
        example: { topic: "orders" },
      },
      followed: {
        summary: "List the topics that the user follows",
        fields: object("A page.", {}, {
          limit: whole("How many at the most.", { least: 1, most: 1000, usual: 50 }),
          cursor: text("The `next` of the page before."),
        }),
        answer: object("Topics.", {
          topics: list("One part.", object("One of them.", { topic, since: at("Since when.") })),
        }, { next: NEXT }),
        example: { limit: 10 },
      },
    },
  };
}
