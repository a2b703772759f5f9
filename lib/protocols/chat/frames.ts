/** The frames of the chat protocol. Who receives them: `chat.ts`. */
import type { Dialect } from "../../core/arrival.ts";
import { type UserId, userIdOnWire } from "../../base/fields.ts";
import { unixSeconds } from "../../base/times.ts";
import type { MessageFile } from "../../conversations/types.ts";
import { fileOnWire } from "../../conversations/wire.ts";

/** A message as the chat protocol writes it. */
export interface ChatMessage {
  readonly id: number;
  readonly conversation: number;
  readonly user: UserId;
  readonly content: string;
  readonly file?: MessageFile | undefined;
  /** "text", "image" or "file". */
  readonly kind: string;
  /** Unix time in seconds. */
  readonly at: number;
}

/** The protocol writes no publication by itself: `delivery.ts` gives its connections what they are to have. */
export const CHAT_DIALECT: Dialect = {
  frame: () => ({}),
  encode: () => "{}",
  addressed: (frame) => frame,
};

export function newMessageFrame(
  { id, conversation, user, content, file, kind, at }: ChatMessage,
): string {
  return JSON.stringify({
    type: "new_message",
    message: {
      id,
      conversation_id: conversation,
      sender_id: userIdOnWire(user),
      content,
      file: file && fileOnWire(file),
      type: kind,
      created_at: dateTime(at),
    },
  });
}

export function successFrame(data: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ success: true, data });
}

export function failureFrame(error: string): string {
  return JSON.stringify({ success: false, error });
}

export function pongFrame(): string {
  return JSON.stringify({ type: "pong", timestamp: unixSeconds() });
}

/** A time as `Y-m-d H:i:s`, which is UTC. @param seconds Unix time */
function dateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}
