/** Reads what old versions have stored: finished frames, in place of the content of publications. */
import type { Content } from "../../core/publication.ts";
import { storedTime } from "../../base/times.ts";
import { decodeContent } from "../../core/publication.ts";

/** The start of a stored frame: its offset, or its type if it had none yet. No content begins so. */
const FRAME = /^\{"(offset|type)":/;

/** The fields of a stored frame of a message or a notification. */
interface OldFrame {
  readonly user_id?: number | string;
  readonly name?: string;
  readonly message?: string;
  /** Unix time in seconds; a scheduled notification may have none. */
  readonly timestamp?: number;
}

/** Content with its Unix time in seconds. */
type Dated = Content & { readonly at: number };

/**
 * The content in a stored text, whichever version wrote it.
 *
 * @param at the time for a text that has none of its own
 */
export function contentOf(text: string, at: number, kind: string): Dated {
  if (!FRAME.test(text)) return { at: storedTime(at), ...decodeContent(text) };
  const { user_id, name, message, timestamp = at }: OldFrame = JSON.parse(text);
  // The frame of a notification named the user that it was for, not the one who sent it.
  const user = kind === "message" && user_id !== undefined ? String(user_id) : undefined;
  return { at: storedTime(timestamp, storedTime(at)), from: { user, name }, message };
}
