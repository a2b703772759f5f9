/** What contacts, blocks and privacy settings mean for who sees whose presence. */
import type { UserId } from "../base/fields.ts";
import type { Database } from "../engines/database/database.ts";
import type { Hidden } from "../presence/rights.ts";
import type { UserPresence } from "../presence/user_presence.ts";
import type { Contacts } from "./contacts.ts";
import type { Privacy } from "./types.ts";

/** From now on a user sees who has the user as a contact, and nobody sees what another has hidden, or who is blocked. */
export function joinPresence(
  contacts: Contacts,
  presence: UserPresence,
  database: Database,
): void {
  presence.addAcquaintances((site, viewer, users) =>
    database.transaction(() => contacts.acquainted(site, viewer, users))
  );
  presence.setPrivacy((site, viewer, users) =>
    database.transaction(function* () {
      const blocked = yield* contacts.blocked(site, viewer, users);
      const privacies = yield* contacts.privacies(site, users);
      return new Map(users.map((user) => [user, hiddenOf(user, blocked, privacies.get(user))]));
    })
  );
  contacts.useStatuses(async (site, viewer, users) => {
    const seen = await presence.seenBy(site, viewer, users);
    return new Map(
      [...seen].map(([user, { status, last_seen }]) => [user, { status, lastSeen: last_seen }]),
    );
  });
  contacts.listen({
    contactChanged: (site, owner, other) => presence.rightsChanged(site, [owner], [other]),
    privacyChanged: (site, user) => presence.rightsChanged(site, [user]),
  });
}

/** Blocks are stronger than what others allow, such as a conversation that both are in. */
function hiddenOf(user: UserId, blocked: ReadonlySet<UserId>, privacy?: Privacy): Hidden {
  return {
    status: blocked.has(user) || privacy?.showOnline === false,
    lastSeen: privacy?.showLastSeen === false,
  };
}
