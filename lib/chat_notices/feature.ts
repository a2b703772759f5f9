/** Notifications of messages in conversations, for users who do not hear them, as a capability of the server. */
import { Contacts } from "../contacts/contacts.ts";
import { Conversations } from "../conversations/conversations.ts";
import { Counter } from "../core/metrics.ts";
import type { Feature } from "../feature.ts";
import { InboxService } from "../inbox/inbox.ts";
import { Notifier } from "../inbox/notify.ts";
import { inbox } from "../inbox/settings.ts";
import { ChatNotices } from "./notices.ts";
import { NoticeData } from "./user_data.ts";
import { chatNotices as settings } from "./settings.ts";
import { NOTICE_TABLES } from "./store.ts";

export const chatNoticesFeature = {
  name: "chat_notices",
  settings,
  tables: NOTICE_TABLES,
  open({ node, database, of, use }) {
    const counter = new Counter(
      "chat_notices",
      "Notifications of messages in conversations to users who did not hear them.",
    );
    if (of(settings).isOn) {
      use(Conversations).listen(
        new ChatNotices({
          ...{ node, database, counter, room: of(inbox).defaultRoom },
          contacts: use(Contacts),
          inbox: use(InboxService),
          notifier: use(Notifier),
        }),
      );
    }
    return { metrics: [counter], userData: new NoticeData(database) };
  },
} satisfies Feature;
