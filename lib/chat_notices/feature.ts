/** Notifications of messages in conversations, for users who do not hear them, as a capability of the server. */
import { Contacts } from "../contacts/contacts.ts";
import { Conversations } from "../conversations/conversations.ts";
import { Undelivered } from "../conversations/undelivered.ts";
import { Counter } from "../core/metrics.ts";
import type { Node } from "../core/node.ts";
import type { Database } from "../engines/database/database.ts";
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { Notifier } from "../inbox/notify.ts";
import { inbox } from "../inbox/settings.ts";
import { listeners } from "../listeners/settings.ts";
import { ChatNotices } from "./notices.ts";
import { SecondLook } from "./second_look.ts";
import { NoticeData } from "./user_data.ts";
import { chatNotices as settings } from "./settings.ts";
import { endLooks, NOTICE_TABLES } from "./store.ts";
import { Teller } from "./teller.ts";

export const chatNoticesFeature = {
  name: "chat_notices",
  settings,
  tables: NOTICE_TABLES,
  madeAtStart: ["chat_notice_looks"],
  open({ node, database, of, use }) {
    const counter = new Counter(
      "chat_notices",
      "Notifications of messages in conversations to users who did not hear them.",
    );
    const userData = new NoticeData(database);
    if (!of(settings).isOn) {
      return { metrics: [counter], userData, start: () => endLooksOf(node, database) };
    }
    const undelivered = use(Undelivered);
    const teller = new Teller({
      ...{ database, counter, undelivered, room: of(inbox).defaultRoom },
      contacts: use(Contacts),
      inbox: use(InboxService),
      notifier: use(Notifier),
    });
    use(Conversations).listen(new ChatNotices({ node, teller }));
    const secondLook = new SecondLook({
      ...{ node, database, teller, undelivered },
      keepaliveSeconds: of(listeners).keepaliveSeconds,
    });
    return {
      ...{ metrics: [counter], userData, tasks: secondLook.tasks },
      start: () => secondLook.start(),
    };
  },
} satisfies Feature;

/** Where notifications are switched on again later, nobody is notified of what was said meanwhile. */
function endLooksOf(node: Node, database: Database): Promise<void> {
  if (database.whyNotReady() !== undefined) return Promise.resolve();
  node.background.run("ending the looks at messages", database.transaction(endLooks));
  return Promise.resolve();
}
