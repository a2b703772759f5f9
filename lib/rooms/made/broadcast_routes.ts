/** The route by which other systems say something in many rooms at once. Next: `broadcast.ts`. */
import { type Fields, identifier, invalid } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import { withBeside } from "../../http/beside_body.ts";
import type { Call } from "../../http/call.ts";
import type { Route } from "../../http/route.ts";
import { PublishLimit } from "../../limits/publish_limit.ts";
import type { Rates } from "../../limits/settings.ts";
import { textsBeside } from "../say_routes.ts";
import { systemMessageFields } from "../system_fields.ts";
import type { Broadcasts } from "./broadcast.ts";

export function broadcastRoutes(
  broadcasts: Broadcasts,
  { limits, rates }: { readonly limits: Limits; readonly rates: Pick<Rates, "publishes"> },
): readonly Route[] {
  const publishing = new PublishLimit(rates);
  return [{
    method: "POST",
    path: "/broadcast",
    scope: "publish",
    async run(call) {
      const fields = withBeside(await call.fieldsOr("message"), textsBeside(call));
      const site = call.managedSite(fields);
      const pattern = patternOf(call, fields);
      const message = systemMessageFields(fields, limits);
      publishing.limitPublish(call.rateKey);
      const { isDone, ...said } = await broadcasts.send(site, pattern, message);
      return { status: isDone ? 200 : 202, json: said };
    },
  }];

  /** A message that was meant for some rooms is never said in all of them. */
  function patternOf(call: Call, fields: Fields): string {
    const room = fields["room"] ?? call.query("room");
    if (room !== undefined) {
      throw invalid("room", room, "'rooms', a pattern such as \"news:*\", or none for all rooms");
    }
    const asked = call.query("rooms");
    const { rooms = asked ?? "*" } = fields;
    if (asked !== undefined && asked !== rooms) {
      throw invalid("rooms", asked, "one 'rooms', in the query or in the body");
    }
    return identifier({ rooms }, "rooms", limits.room);
  }
}
