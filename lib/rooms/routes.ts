/** The routes that say who is connected to a room. */
import { CodedError } from "../base/errors.ts";
import { identifier, userIdField } from "../base/fields.ts";
import type { Limits } from "../base/sizes.ts";
import type { Call } from "../http/call.ts";
import type { Route } from "../http/route.ts";
import type { Rooms } from "./rooms.ts";
import type { PresenceRequest } from "./store/store.ts";
import { presenceRequest, restOnWire } from "./wire.ts";

export function roomRoutes(rooms: Rooms, limits: Limits): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/rooms/:room/connections",
      scope: "read",
      async run(call) {
        const room = roomOf(call, limits);
        const page = await rooms.connections(call.site, room, pageOf(call));
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
        const connection = await rooms.connection(call.site, room, id);
        if (connection !== undefined) return { status: 200, json: connection };
        throw new CodedError(
          "not_found",
          `User ${JSON.stringify(user)} is not in room ${JSON.stringify(room)}`,
        );
      },
    },
  ];
}

/** Which part is asked for: `?limit=100&cursor=…`. */
function pageOf(call: Call): PresenceRequest {
  const limit = call.query("limit");
  return presenceRequest({
    limit: limit === undefined ? undefined : numberIn(limit),
    cursor: call.query("cursor"),
  });
}

/** The number that a text says, or the text, which is then refused by its name. */
function numberIn(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function roomOf(call: Call, limits: Limits): string {
  return identifier({ room: call.param("room") }, "room", limits.room);
}
