/** The channels that there are, each with its key. */
import { type Channel, keyOf } from "./core/channel.ts";
import { DEFAULT_SITE } from "./base/site.ts";
import type { UserId } from "./fields.ts";

export function roomChannel(site: string, name: string): Channel {
  return channelOf(site, "room", name);
}

/** Of no site: it is open before its client has proved whose it is. */
export function sessionChannel(name: string): Channel {
  return channelOf(DEFAULT_SITE, "session", name);
}

export function userChannel(site: string, name: UserId): Channel {
  return channelOf(site, "user", name);
}

function channelOf(site: string, kind: Channel["kind"], name: string): Channel {
  return { site, kind, name, key: keyOf({ site, kind, name }) };
}
