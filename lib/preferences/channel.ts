/** The channel on which a user's devices hear how the user's preferences change. */
import type { UserId } from "../base/fields.ts";
import type { Channel } from "../core/channel.ts";

export function preferencesChannel(site: string, user: UserId): Channel {
  return { site, kind: "preferences", name: user };
}
