/** The routes that show one user, and close one connection. */
import { userIdField } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";
import type { Route } from "../../http/route.ts";
import type { Users } from "./users.ts";

export function userRoutes(users: Users, limits: Limits): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/users/:user",
      scope: "manage",
      async run(call) {
        const user = userIdField({ user_id: call.param("user") }, limits);
        return { status: 200, json: await users.find(call.managedSite({}), user) };
      },
    },
    {
      method: "DELETE",
      path: "/connections/:id",
      scope: "manage",
      async run(call) {
        const id = call.param("id");
        const site = call.managedSite({});
        const isClosed = await users.close(site, id);
        if (isClosed) {
          call.audit.did(call.actor, {
            ...{ action: "connection.close", did: "closed", site },
            target: `connection ${id}`,
          });
        }
        return { status: 204 };
      },
    },
  ];
}
