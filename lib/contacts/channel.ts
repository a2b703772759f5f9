/**
 * The channel of a user's contacts and privacy. It is none of conversations: whoever looks after contacts alone is told of no
 * messages, and gets notifications of them.
 */
import type { UserId } from "../base/fields.ts";
import type { Channel } from "../core/channel.ts";

export function contactsChannel(site: string, user: UserId): Channel {
  return { site, kind: "contacts", name: user };
}
