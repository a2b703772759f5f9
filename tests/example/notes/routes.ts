/** What other systems can ask of notes. */
import { requiredText, userIdField } from "../../../lib/base/fields.ts";
import type { Limits } from "../../../lib/base/sizes.ts";
import type { Call } from "../../../lib/http/call.ts";
import type { Route } from "../../../lib/http/route.ts";
import type { Notes } from "./notes.ts";

export function noteRoutes(notes: Notes, limits: Limits): readonly Route[] {
  const userOf = (call: Call) => userIdField({ user_id: call.param("user") }, limits);
  return [
    {
      method: "POST",
      path: "/users/:user/notes",
      scope: "publish",
      async run(call) {
        const message = requiredText(await call.fields(), "message", limits.message);
        return { status: 201, json: await notes.add(call.site, userOf(call), message) };
      },
    },
    {
      method: "GET",
      path: "/users/:user/notes",
      scope: "read",
      async run(call) {
        return { status: 200, json: { notes: await notes.list(call.site, userOf(call)) } };
      },
    },
  ];
}
