/** The route that shows what became of one notification, step by step. */
import { CodedError } from "../../base/errors.ts";
import { userIdField, userIdOnWire } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Route } from "../../http/route.ts";
import type { Broadcasts } from "../../inbox/broadcasts/broadcasts.ts";
import type { Timelines } from "./timeline.ts";

export function timelineRoutes(
  timelines: Timelines,
  broadcasts: Broadcasts,
  limits: Limits,
): readonly Route[] {
  return [{
    method: "GET",
    path: "/notifications/:id/timeline",
    scope: "manage",
    async run(call) {
      const id = call.param("id");
      const site = call.managedSite({});
      const named = call.query("user_id");
      const user = named === undefined ? undefined : userIdField({ user_id: named }, limits);
      const progress = user === undefined ? await broadcasts.progress(site, id) : undefined;
      if (progress !== undefined) {
        throw new CodedError(
          "missing_field",
          "Missing 'user_id' in the query: this notification is for many, and each has a timeline",
          { field: "user_id" },
        );
      }
      const found = await timelines.find(site, id, user);
      if (found === undefined) {
        throw new CodedError(
          "not_found",
          `There is no notification ${JSON.stringify(id)}, or none any more`,
        );
      }
      const { steps, knownSince, missing } = found;
      return {
        status: 200,
        json: {
          ...{ id, user_id: userIdOnWire(found.user), steps, known_since: knownSince },
          ...(missing.length > 0 && { missing }),
        },
      };
    },
  }];
}
