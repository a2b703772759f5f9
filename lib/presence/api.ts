/** What the route of presence is to its callers. */
import { flag, list, named, object, oneOf, text } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import type { Abouts } from "../http/openapi/about.ts";
import { at, kit, USER } from "../http/openapi/kit.ts";

const PRESENCE = named(
  "Presence",
  object("Whether a user is online, as far as the caller may see it.", {
    user_id: USER,
    status: oneOf("Who may not be seen looks like one who has never been there.", [
      "online",
      "away",
      "offline",
    ]),
    devices: list(
      "By which the user is there.",
      object("A device; others than its user see its platform alone.", {}, {
        id: text("Its id."),
        platform: text("Such as `web` or `ios`."),
        app_version: text("Of the application on it."),
        away: flag("Whether nobody is at it."),
      }),
    ),
  }, { last_seen: at("When the user was there last.") }),
);

export function presenceApi(limits: Limits): Abouts {
  const { ofUser, acting } = kit(limits);
  return {
    "GET /users/:user/presence": {
      id: "getPresence",
      tag: "presence",
      summary: "Ask whether a user is online",
      path: ofUser,
      query: acting,
      answers: { 200: { description: "Whether the user is.", json: PRESENCE } },
    },
  };
}
