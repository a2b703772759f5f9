/** What the commands of introductions are to clients. */
import { flag, line, list, object, text, whole } from "../../base/schema.ts";
import type { Limits } from "../../base/sizes.ts";
import { at, kit, USER } from "../../http/openapi/kit.ts";
import {
  NOTHING,
  REASON,
  RECOVERY,
  SINCE,
  type SocketAbouts,
} from "../../http/openapi/socket_about.ts";
import { NOTIFICATION } from "../../inbox/socket_api.ts";

/** Most characters of what a client says of its device. */
const OF_DEVICE = 64;

const CONNECTED = {
  user_id: USER,
  client_id: text("The connection."),
  version: text("Of the server."),
  unread: whole("How many notifications are unread."),
};

const INBOX = { ...RECOVERY };

export function introductionSockets(limits: Limits): SocketAbouts {
  const { user, name } = kit(limits);
  const of = (description: string) => line(description, OF_DEVICE);
  return {
    commands: {
      connect: {
        summary: "Say who this client is; the user's notifications come from then on",
        fields: object("An introduction.", {}, {
          user_id: user,
          name,
          inbox: SINCE,
          device: object(
            "The device at which the client runs.",
            { id: of("Its own name for it.") },
            {
              platform: of("Such as `web` or `ios`."),
              app_version: of("Of the application."),
            },
          ),
        }),
        answer: object("Who the client is.", {
          ...CONNECTED,
          site_id: text("The site."),
          ping: whole("Seconds of silence that the server bears."),
          inbox: object("What waits in the inbox.", {
            ...INBOX,
            notifications: list("One part of it.", NOTIFICATION),
          }, { reason: REASON, more: flag("Whether there is more.") }),
        }, {
          fingerprint: text("Equal for two tokens that say the same."),
          guest: flag("Whether it is a guest."),
          expires_at: at("When the session ends."),
          timestamp: at("The server's time."),
        }),
        example: { user_id: 1, name: "Alice", device: { id: "phone-1", platform: "ios" } },
      },
      ping: {
        summary: "Ask whether the server is there",
        fields: NOTHING,
        answer: object("It is.", { timestamp: at("The server's time.") }),
        example: {},
      },
    },
    pushes: {
      connected: {
        summary: "On a stream that needs no commands: who it is, and where the inbox stands",
        fields: object("An introduction.", {
          ...CONNECTED,
          session: text("The session, to which commands may go."),
          inbox: object("Where it stands.", INBOX, { reason: REASON }),
        }),
      },
      subscribed: {
        summary: "On such a stream: where a room or a topic stands",
        fields: object("A position.", RECOVERY, {
          room: text("The room."),
          topic: text("The topic."),
          subs: list("The subscriptions to the topic.", whole("A subscription.")),
          reason: REASON,
        }),
      },
    },
  };
}
