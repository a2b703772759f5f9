/** What version 2 has beside rooms and inboxes: introductions, and sessions over HTTP. */
import type { Feature } from "../feature.ts";
import { InboxDelivery } from "../inbox/delivery.ts";
import { InboxService } from "../inbox/inbox.ts";
import { listeners } from "../listeners/settings.ts";
import { SESSION_KINDS, sessionHooks } from "./sse/session.ts";
import { introductionCommands } from "./v2/commands.ts";

export const protocols = {
  name: "protocols",
  open({ node, of, use }) {
    return {
      commands: introductionCommands({
        inbox: use(InboxService),
        delivery: use(InboxDelivery),
        keepaliveSeconds: of(listeners).keepaliveSeconds,
        logFailure: (what, error) => node.logFailure(what, error),
      }),
      kinds: SESSION_KINDS,
      connection: sessionHooks(node),
    };
  },
} satisfies Feature;
