/** What the commands of preferences are to clients. */
import { object } from "../base/schema.ts";
import type { Limits } from "../base/sizes.ts";
import { bodyFields } from "../http/openapi/reused.ts";
import type { SocketAbouts } from "../http/openapi/socket_about.ts";
import { PREFERENCES, preferencesApi } from "./api.ts";

export function preferenceSockets(limits: Limits): SocketAbouts {
  const api = preferencesApi(limits);
  return {
    commands: {
      preferences: {
        summary: "Show what the user has chosen, and hear of changes from then on",
        fields: object("Nothing.", {}),
        answer: PREFERENCES,
        example: {},
      },
      set_preferences: {
        summary: "Set the whole of the user's preferences",
        fields: object(
          "What the user chooses.",
          {},
          bodyFields(api["PUT /users/:user/preferences"]!),
        ),
        answer: PREFERENCES,
        example: { kinds: { news: { push: false, mail: true } } },
      },
      change_preferences: {
        summary: "Change the user's preferences",
        fields: object(
          "What is to change.",
          {},
          bodyFields(api["PATCH /users/:user/preferences"]!),
        ),
        answer: PREFERENCES,
        example: { mute_until: "2h" },
      },
    },
    pushes: {
      preferences_changed: {
        summary: "Preferences were changed by another client, or kinds by the application",
        fields: PREFERENCES,
      },
    },
  };
}
