/** What users do with actions, by commands of version 2 and over HTTP. */
import { identifier, type UserId, userIdOnWire } from "../../base/fields.ts";
import { command, inLanes, weighed } from "../../core/command.ts";
import type { Command } from "../../core/command.ts";
import type { Route } from "../../http/route.ts";
import { actOnWire, type Acts } from "./acts.ts";
import type { Act } from "./types.ts";

/** Most characters of the id of a notification, and of that of an action. */
export const ID = 64;

export function actCommands(acts: Acts): Command[] {
  const act = command(
    "act",
    (fields) => ({
      id: identifier(fields, "id", ID),
      action: identifier(fields, "action", ID),
      text: fields["text"],
    }),
    async (connection, asked) => {
      const user = connection.requireUser();
      return { data: answerOf(await acts.act({ site: connection.site, user, ...asked })) };
    },
  );
  // An address may take seconds to answer, and nothing else of the connection waits for that.
  const lane = ({ id, action }: Readonly<Record<string, unknown>>) => `\nact ${id} ${action}`;
  return [weighed(inLanes(act, lane, () => true))];
}

export function actRoutes(acts: Acts): readonly Route[] {
  return [{
    method: "POST",
    path: "/users/:user/notifications/:id/actions/:action",
    scope: "publish",
    users: true,
    async run(call) {
      const { site, user } = call.actingUser({ user_id: call.param("user") });
      const { text } = await call.fieldsOr("text");
      const asked = { id: call.param("id"), action: call.param("action"), text };
      const act = await acts.act({ site, user, ...asked });
      return { status: act.state === "pending" ? 202 : 200, json: answerOf(act, user) };
    },
  }];
}

function answerOf(act: Act, user?: UserId): object {
  return {
    id: act.id,
    ...(user !== undefined && { user_id: userIdOnWire(user) }),
    ...actOnWire(act),
  };
}
