/** What versions before publications were data have stored: finished frames. They are taken over as they are read. */
import type { Content } from "../../core/publication.ts";
import { decodeContent } from "../../core/publication.ts";

/** Frames began with their offset, or with their type where they had none yet; no content does. */
const FRAME = /^\{"(offset|type)":/;

/** A frame of a message or a notification, as far as it was stored in it. */
interface OldFrame {
  readonly user_id?: number | string;
  readonly name?: string;
  readonly message?: string;
  /** Unix time in seconds; a scheduled one may have none. */
  readonly timestamp?: number;
}

/** Content with the time it was said at, Unix time in seconds. */
export type Dated = Content & { readonly at: number };

/**
 * What was stored, whichever version did so.
 *
 * @param at where the text has no time of its own
 */
export function contentOf(text: string, at: number, kind: string): Dated {
  if (!FRAME.test(text)) return { at, ...decodeContent(text) };
  const { user_id, name, message, timestamp = at }: OldFrame = JSON.parse(text);
  // A notification's frame named whom it was for, not who sent it.
  const user = kind === "message" && user_id !== undefined ? String(user_id) : undefined;
  return { at: timestamp, from: { user, name }, message };
}
