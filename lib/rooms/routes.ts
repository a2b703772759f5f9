/** The routes of rooms: who is connected to one, and what other systems say there (`say_routes.ts`). */
import { CodedError } from "../base/errors.ts";
import { identifier, userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Call } from "../http/call.ts";
import { pageFields } from "../http/list_page.ts";
import type { Route } from "../http/route.ts";
import type { Rooms } from "./rooms.ts";
import { sayRoutes, type SayRoutesConfig } from "./say_routes.ts";
import { presenceRequest, restOnWire } from "./wire.ts";

export function roomRoutes(
  rooms: Rooms,
  { limits, rates }: Pick<SayRoutesConfig, "limits" | "rates">,
): readonly Route[] {
  return [
    ...sayRoutes(rooms, { limits, rates, roomOf: (call) => roomOf(call, limits) }),
    {
      method: "GET",
      path: "/rooms/:room/connections",
      scope: "read",
      async run(call) {
        const room = roomOf(call, limits);
        const page = await rooms.presence.list(call.site, room, presenceRequest(pageFields(call)));
        return { status: 200, json: { room, connections: page.users, ...restOnWire(page) } };
      },
    },
    {
      method: "GET",
      path: "/rooms/:room/connections/:user",
      scope: "read",
      async run(call) {
        const room = roomOf(call, limits);
        const user = call.param("user");
        const id = userIdField({ user_id: user }, limits);
        const connection = await rooms.presence.get(call.site, room, id);
        if (connection !== undefined) return { status: 200, json: connection };
        throw new CodedError(
          "not_found",
          `User ${JSON.stringify(user)} is not in room ${JSON.stringify(room)}`,
        );
      },
    },
  ];
}

function roomOf(call: Call, limits: Limits): string {
  return identifier({ room: call.param("room") }, "room", limits.room);
}
