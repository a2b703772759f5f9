/** What the commands of topics are to clients. */
import { any, list, named, object, text, whole } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { at, kit } from "../http/openapi/kit.ts";
import { REASON, RECOVERY, SINCE, type SocketAbouts } from "../http/openapi/socket_about.ts";
import { MAX_KEYS } from "./filter.ts";

const EVENT = named(
  "TopicEvent",
  object("An event.", {
    type: { const: "event" },
    topic: text("The topic."),
    id: text("Its id."),
    data: any("What happened."),
    timestamp: at("When."),
  }, {
    offset: whole("Its place."),
    subs: list("For which subscriptions it is.", whole("A subscription.")),
    replay: { type: "boolean", description: "Whether it comes again." },
  }),
);

export function topicSockets(limits: Limits): SocketAbouts {
  const { topic } = kit(limits);
  const sub = { type: "integer", description: "The number of the subscription." };
  return {
    commands: {
      "subscribe topic": {
        summary: "Subscribe to events of a topic",
        fields: object("Which.", { topic }, {
          filter: {
            type: "object",
            description:
              "Fields of `data` that have to be equal: texts, numbers, true, false or null.",
            maxProperties: MAX_KEYS,
          },
          since: SINCE,
          replay: { type: "boolean", description: "Whether the last event comes again." },
          token: text("A subscription token."),
        }),
        answer: object("Where the topic stands.", {
          topic,
          sub,
          ...RECOVERY,
          publications: list("What was missed.", EVENT),
        }, { reason: REASON }),
        example: { topic: "orders", filter: { id: 5 } },
      },
      "unsubscribe topic": {
        summary: "End a subscription, or all to a topic",
        fields: object("Which.", {}, { topic, sub }),
        answer: object("What has ended.", { topic }, { sub, subs: list("Those that have.", sub) }),
        example: { topic: "orders" },
      },
    },
    pushes: {
      position: {
        summary: "How far a topic is of which nothing came for a while",
        fields: object("A position.", { topic, offset: RECOVERY.offset, epoch: RECOVERY.epoch }),
      },
    },
  };
}
