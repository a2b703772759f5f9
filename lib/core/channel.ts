/** Channels: where publications go, each with its key. */
import { DEFAULT_SITE } from "../base/site.ts";
import type { UserId } from "../base/fields.ts";

/**
 * Where publications go: a room, a user's own channel, which all of the user's connections hear, or the channel of one
 * session, which is one connection over HTTP (`protocols/sse/`). A capability may have channels of its own.
 */
export interface Channel {
  readonly site: string;
  /** A word that its capability has chosen, such as "room". */
  readonly kind: string;
  readonly name: string;
  /**
   * What {@linkcode keyOf} says, where it was made before: it is asked for several times on a message's way. So a channel
   * is never copied with another name.
   */
  readonly key?: string;
}

/** One text for a channel. Names hold no line break, so those of two channels never meet. */
export function keyOf({ site, kind, name, key }: Channel): string {
  return key ?? `${site}\n${kind}\n${name}`;
}

export function roomChannel(site: string, name: string): Channel {
  return channelOf(site, "room", name);
}

/** Of no site: it is open before its connection has proved whose it is. */
export function sessionChannel(name: string): Channel {
  return channelOf(DEFAULT_SITE, "session", name);
}

export function userChannel(site: string, name: UserId): Channel {
  return channelOf(site, "user", name);
}

/** @param kind a word of its own for each capability */
export function channelOf(site: string, kind: Channel["kind"], name: string): Channel {
  return { site, kind, name, key: keyOf({ site, kind, name }) };
}
