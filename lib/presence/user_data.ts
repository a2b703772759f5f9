/** What presence keeps of a user: when the user was there last. Who is online is known only while that is so. */
import { inSeconds } from "../base/times.ts";
import type { UserData } from "../core/user_data.ts";
import type { UserPresence } from "./user_presence.ts";

export function presenceData(presence: UserPresence): UserData {
  return {
    async *export({ site, user }) {
      const seen = await presence.lastSeen(site, user);
      if (seen !== undefined) yield { type: "last_seen", at: inSeconds(seen) };
    },
    async erase({ site, user }) {
      const isKnown = await presence.eraseLastSeen(site, user);
      return { erased: { last_seen: Number(isKnown) } };
    },
  };
}
