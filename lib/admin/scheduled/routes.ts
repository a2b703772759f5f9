/** The route that lists what waits for its time. */
import { userIdField, userIdOnWire } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import { inSeconds } from "../../base/times.ts";
import { pageSize } from "../../core/command_fields.ts";
import { cursorField, cursorOnWire, pageFields } from "../../http/list_page.ts";
import type { Route } from "../../http/route.ts";
import type { InboxService } from "../../inbox/inbox.ts";

export function scheduledRoutes(inbox: InboxService, limits: Limits): readonly Route[] {
  return [{
    method: "GET",
    path: "/scheduled",
    scope: "manage",
    async run(call) {
      const asked = call.query("user_id");
      const user = asked === undefined ? undefined : userIdField({ user_id: asked }, limits);
      const limit = pageSize(pageFields(call));
      const options = { limit, after: cursorField({ cursor: call.query("after") }) };
      const { notifications, next } = await inbox.scheduled(call.managedSite({}), options, user);
      const scheduled = notifications.map(({ id, user, deliverAt, content }) => ({
        ...{ id, user_id: userIdOnWire(user), deliver_at: inSeconds(deliverAt) },
        ...(content.details?.["title"] !== undefined && { title: content.details["title"] }),
        ...(content.details?.["snoozed_at"] !== undefined && { snoozed: true }),
      }));
      return { status: 200, json: { scheduled, ...(next && { next: cursorOnWire(next) }) } };
    },
  }];
}
