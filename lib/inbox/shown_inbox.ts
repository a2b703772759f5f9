/** The inboxes as they are shown: what is read of them is made as clients see it each time. */
import type { UserId } from "../base/fields.ts";
import type { Shows } from "./shown.ts";
import type { Inbox, InboxPage, StoredNotification } from "./store/store.ts";

export function shownInbox(inbox: Inbox, shows: Shows): Inbox {
  const one = (each: StoredNotification): StoredNotification => {
    const publication = shows.show(each.publication);
    return publication === each.publication ? each : { ...each, publication };
  };
  const all = <Page extends InboxPage>(page: Page): Page => ({
    ...page,
    notifications: page.notifications.map(one),
  });
  const get = async (site: string, user: UserId, id: string) => {
    const found = await inbox.get(site, user, id);
    return found && one(found);
  };
  // A store may throw at once where it should reject: asked beside another question, that one's failure would be nobody's.
  return {
    append: (notification) => inbox.append(notification),
    queued: async (...which) => all(await inbox.queued(...which)),
    read: async (...which) => all(await inbox.read(...which)),
    sync: async (...which) => all(await inbox.sync(...which)),
    list: async (...which) => (await inbox.list(...which)).map(one),
    page: async (...which) => all(await inbox.page(...which)),
    get,
    owner: async (...which) => await inbox.owner(...which),
    mark: (...which) => inbox.mark(...which),
    change: async (...which) => await inbox.change(...which),
    edit: async (...which) => await inbox.edit(...which),
    unread: async (...which) => await inbox.unread(...which),
  };
}
