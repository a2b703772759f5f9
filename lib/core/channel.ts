/** Channels: where publications go, each with its key. */

/**
 * Where publications go: a room, a user's own channel, which all of the user's clients hear, or the channel of one
 * session, which is one connection over HTTP (`http/sse.ts`).
 */
export interface Channel {
  readonly site: string;
  readonly kind: "room" | "user" | "session";
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
