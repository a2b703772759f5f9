/** The route by which other systems say something in many rooms at once. Next: `broadcast.ts`. */
import { identifier } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Route } from "../../http/route.ts";
import { PublishLimit } from "../../limits/publish_limit.ts";
import type { Rates } from "../../limits/settings.ts";
import { systemMessageFields } from "../system_fields.ts";
import type { Broadcasts } from "./broadcast.ts";

export function broadcastRoutes(
  broadcasts: Broadcasts,
  { limits, rates }: { readonly limits: Limits; readonly rates: Pick<Rates, "publishes"> },
): readonly Route[] {
  const publishing = new PublishLimit(rates.publishes);
  return [{
    method: "POST",
    path: "/broadcast",
    scope: "publish",
    async run(call) {
      const fields = await call.fieldsOr("message");
      const site = call.managedSite(fields);
      const { rooms = "*" } = fields;
      const pattern = identifier({ rooms }, "rooms", limits.room);
      const message = systemMessageFields({ id: call.callersId, ...fields }, limits);
      publishing.limitPublish(call.rateKey);
      const { isDone, ...said } = await broadcasts.send(site, pattern, message);
      return { status: isDone ? 200 : 202, json: said };
    },
  }];
}
