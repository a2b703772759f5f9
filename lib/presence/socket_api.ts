/** What the commands of presence are to clients. */
import { flag, list, object, oneOf, text } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { at, kit, USER } from "../http/openapi/kit.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";
import { MOST_WATCHED } from "./wire.ts";

const PRESENCE = {
  required: {
    user_id: USER,
    status: oneOf("Whether the user is online.", ["online", "away", "offline"]),
  },
  optional: {
    last_seen: at("When the user was there last."),
    devices: list(
      "By which the user is there.",
      object("A device.", {}, {
        id: text("Its id."),
        platform: text("What it is."),
        app_version: text("Of the application."),
        away: flag("Whether nobody is at it."),
      }),
    ),
  },
};

export function presenceSockets(limits: Limits): SocketAbouts {
  const { user } = kit(limits);
  return {
    commands: {
      "presence user_ids": {
        summary: "Ask whether users are online, and hear when that changes",
        fields: object("Whom, in place of those of before.", {
          user_ids: list("Users.", user, { most: MOST_WATCHED }),
        }),
        answer: object("Who is online.", {
          users: list(
            "Those who may be seen.",
            object("One.", PRESENCE.required, PRESENCE.optional),
          ),
        }),
        example: { user_ids: [2] },
      },
      away: {
        summary: "Say that nobody is at this device, or somebody again",
        fields: object("Whether.", {}, { away: flag("Whether nobody is.", true) }),
        answer: object("Whether.", { away: flag("Whether nobody is.") }),
        example: { away: true },
      },
    },
    pushes: {
      user_presence: {
        summary: "The presence of a user has changed",
        fields: object("A user.", PRESENCE.required, PRESENCE.optional),
      },
    },
  };
}
