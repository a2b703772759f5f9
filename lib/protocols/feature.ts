/** What version 2 has beside rooms and inboxes: introductions, and sessions over HTTP. */
import { introductionSockets } from "./v2/socket_api.ts";
import { Authentication } from "../auth/authentication.ts";
import { Conversations } from "../conversations/conversations.ts";
import type { Feature } from "../feature.ts";
import { InboxDelivery } from "../inbox/delivery.ts";
import { InboxService } from "../inbox/inbox.ts";
import { limits } from "../limits/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { net } from "../net/settings.ts";
import { UserPresence } from "../presence/user_presence.ts";
import { Rooms } from "../rooms/rooms.ts";
import { Topics } from "../topics/topics.ts";
import { sseApi } from "./sse/api.ts";
import { sseRoutes } from "./sse/sse.ts";
import { SESSION_KINDS, sessionHooks } from "./sse/session.ts";
import { introductionCommands } from "./v2/commands.ts";

export const protocolsFeature = {
  name: "protocols",
  open({ node, of, use }) {
    return {
      sockets: introductionSockets(of(limits)),
      commands: introductionCommands({
        inbox: use(InboxService),
        delivery: use(InboxDelivery),
        presence: use(UserPresence),
        keepaliveSeconds: of(listeners).keepaliveSeconds,
        logFailure: (what, error) => node.logFailure(what, error),
      }),
      mounts: (doors) => [{
        path: "/sse",
        app: sseRoutes({
          ...{ ...doors, node, inbox: use(InboxService), delivery: use(InboxDelivery) },
          ...{ check: use(Authentication), rooms: use(Rooms), topics: use(Topics) },
          presence: use(UserPresence),
          conversations: use(Conversations),
        }, { limits: of(limits), listeners: of(listeners), net: of(net) }),
        about: sseApi(of(limits)),
      }],
      kinds: SESSION_KINDS,
      connection: sessionHooks(node),
    };
  },
} satisfies Feature;
