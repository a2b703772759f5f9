/** Channels, where publications go, and their keys. */
import { DEFAULT_SITE } from "../base/site.ts";
import type { UserId } from "../base/fields.ts";

/**
 * A room, a topic, a user's own channel, which all of the user's connections hear, or the channel of a session, which is one
 * connection over HTTP (`protocols/sse/`). A capability may have channels of its own.
 */
export interface Channel {
  readonly site: string;
  /** A word that its capability has chosen, such as "room". */
  readonly kind: string;
  readonly name: string;
  /**
   * The result of {@linkcode keyOf}, kept since a message on its way needs it several times. So a channel must never be
   * copied with another name.
   */
  readonly key?: string;
}

/** A text that is one channel's alone: names contain no line break, so two channels never have the same key. */
export function keyOf({ site, kind, name, key }: Channel): string {
  return key ?? `${site}\n${kind}\n${name}`;
}

/** The channel that a key of {@linkcode keyOf} is of. */
export function channelWith(key: string): Channel {
  const [site = "", kind = "", ...rest] = key.split("\n");
  return { site, kind, name: rest.join("\n"), key };
}

export function roomChannel(site: string, name: string): Channel {
  return channelOf(site, "room", name);
}

/** A session's channel, which belongs to no site: it is open before its connection has proved who it is. */
export function sessionChannel(name: string): Channel {
  return channelOf(DEFAULT_SITE, "session", name);
}

export function topicChannel(site: string, name: string): Channel {
  return channelOf(site, "topic", name);
}

export function userChannel(site: string, name: UserId): Channel {
  return channelOf(site, "user", name);
}

/** What happens in a user's conversations; the connections that have asked for them hear it. */
export function chatChannel(site: string, name: UserId): Channel {
  return channelOf(site, "chat", name);
}

/** @param kind a word that its capability has chosen */
function channelOf(site: string, kind: Channel["kind"], name: string): Channel {
  return { site, kind, name, key: keyOf({ site, kind, name }) };
}
