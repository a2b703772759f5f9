/** The route by which users and applications ask whether a user is online. */
import { CodedError } from "../base/errors.ts";
import { shown, userIdField, userIdOnWire } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Route } from "../http/route.ts";
import type { UserPresence } from "./user_presence.ts";
import { presenceOnWire } from "./wire.ts";

export function presenceRoutes(presence: UserPresence, limits: Limits): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/users/:user/presence",
      scope: "chat:read",
      users: true,
      async run(call) {
        const user = userIdField({ user_id: call.param("user") }, limits);
        const { site, user: viewer } = call.acting({});
        const found = viewer === undefined
          ? presenceOnWire((await presence.of(site, [user])).get(user), "all")
          : (await presence.seenBy(site, viewer, [user])).get(user);
        if (found === undefined) {
          const name = shown(userIdOnWire(user));
          throw new CodedError("not_found", `There is no user ${name} whose presence you may see`);
        }
        const { status, last_seen, devices = [] } = found;
        return { status: 200, json: { user_id: userIdOnWire(user), status, last_seen, devices } };
      },
    },
  ];
}
