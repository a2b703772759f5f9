/** Who is in a conversation with a user may see whether the user is online. */
import type { UserPresence } from "../presence/user_presence.ts";
import type { Conversations } from "./conversations.ts";

export function joinPresence(conversations: Conversations, presence: UserPresence): void {
  presence.addAcquaintances(async (site, viewer, users) =>
    new Set(await conversations.fellowsAmong(site, viewer, users))
  );
  conversations.listen({
    stored({ site, kind }, happening) {
      if (happening.what === "added" || happening.what === "removed") {
        presence.rightsChanged(site, happening.users);
      } else if (happening.what === "message" && kind === "private") {
        const { offset, user } = happening.message;
        if (offset === 1 && user !== undefined) presence.rightsChanged(site, [user]); // the two have met
      }
    },
  });
}
