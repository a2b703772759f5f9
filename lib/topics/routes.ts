/** The route by which other systems publish events in topics. Next: `topics.ts`, `publish`. */
import type { Limits } from "../base/sizes.ts";
import { withBeside } from "../http/beside_body.ts";
import type { Route } from "../http/route.ts";
import { PublishLimit } from "../limits/publish_limit.ts";
import type { Rates } from "../limits/settings.ts";
import { topicEventFields, topicField } from "./fields.ts";
import type { Topics } from "./topics.ts";

interface TopicRoutesConfig {
  readonly limits: Limits;
  readonly rates: Pick<Rates, "publishes">;
}

export function topicRoutes(
  topics: Topics,
  { limits, rates }: TopicRoutesConfig,
): readonly Route[] {
  const publishing = new PublishLimit(rates);
  return [{
    method: "POST",
    path: "/topics/:topic",
    scope: "publish",
    async run(call) {
      const topic = topicField({ topic: call.param("topic") }, limits);
      const given = await call.fields();
      const fields = withBeside(given, call.ownId);
      const site = call.managedSite(fields);
      const event = topicEventFields(fields, limits);
      publishing.limitPublish(call.rateKey);
      const { isDuplicate, id, offset, epoch } = await topics.publish(site, topic, event);
      return { status: isDuplicate ? 200 : 201, json: { id, topic, offset, epoch } };
    },
  }];
}
