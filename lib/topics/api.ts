/** What the route of topics is to its callers. */
import { named, object, text } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import type { Abouts } from "../http/openapi/about.ts";
import { IDEMPOTENCY, kit, POSITION, SENDERS_ID, SITE } from "../http/openapi/kit.ts";

export function topicsApi(limits: Limits): Abouts {
  const { ofTopic, topic } = kit(limits);
  const published = named(
    "PublishedEvent",
    object("What was published.", { id: text("The event's id."), topic }, POSITION),
  );
  return {
    "POST /topics/:topic": {
      id: "publishTopic",
      tag: "topics",
      summary: "Publish an event in a topic",
      path: ofTopic,
      headers: IDEMPOTENCY,
      body: {
        fields: named(
          "NewTopicEvent",
          object("An event.", {
            data: {
              type: "object",
              description:
                `What happened, of at most ${limits.data} bytes and 100 values in each other.`,
            },
          }, { id: SENDERS_ID, site: SITE }),
        ),
        isRequired: true,
        examples: { "A change": { data: { id: 5, state: "paid" }, id: "invoice-5-paid" } },
      },
      answers: {
        201: {
          description: "All subscribers whose filter it passes are sent it.",
          json: published,
        },
        200: { description: "It was published before, under the same id.", json: published },
      },
      errors: ["rate_limited"],
    },
  };
}
