/** What presence keeps of a user: when the user was there last. Who is online is known only while that is so. */
import { inSeconds } from "../base/times.ts";
import type { UserData } from "../core/user_data.ts";
import type { LastSeen } from "./last_seen.ts";

export function presenceData(lastSeen: LastSeen): UserData {
  return {
    async *export({ site, user }) {
      const seen = (await lastSeen.of(site, [user])).get(user);
      if (seen !== undefined) yield { type: "last_seen", at: inSeconds(seen) };
    },
    async erase({ site, user }) {
      const isKnown = (await lastSeen.of(site, [user])).has(user);
      await lastSeen.erase(site, user);
      return { erased: { last_seen: isKnown ? 1 : 0 } };
    },
  };
}
