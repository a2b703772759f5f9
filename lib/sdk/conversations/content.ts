/** Makes the command that sends a message, and what is shown of the message that it answers. */
import { wireUserId } from "../core/frames.ts";
import { newMessageId } from "../core/ids.ts";
import type { AttachedFile } from "../core/types.ts";
import type { MessageCommand } from "./commands.ts";
import type { ChatMessage, MessageContent, QuotedMessage } from "./types.ts";

/** The characters of a quoted message that are shown. */
const QUOTE_LENGTH = 200;

/** @param content `replyTo` is the id of the message that it answers */
export function commandOf(
  conversation: number,
  { replyTo, mentions, id = newMessageId(), ...content }:
    & Omit<MessageContent, "replyTo" | "file">
    & { readonly replyTo?: number | undefined; readonly file?: string | undefined },
): MessageCommand {
  return {
    ...{ type: "message", conversation },
    ...withoutUndefined(content),
    ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    ...(mentions === undefined ? {} : { mentions: mentions.map(wireId) }),
    id,
  };
}

/** What is given as a message's file: its id, what is known of it, or the file itself. */
export function enclosedFile(given: MessageContent["file"]): {
  readonly id?: string;
  readonly file?: AttachedFile;
  readonly blob?: Blob;
} {
  if (given === undefined) return {};
  if (typeof given === "string") return { id: given };
  return "slice" in given ? { blob: given } : { id: given.id, file: given };
}

export function quoteOf({ id, userId, name, text, kind, file }: ChatMessage): QuotedMessage {
  const begin = [...text].slice(0, QUOTE_LENGTH).join("");
  return { id, userId, name, kind, text: begin, ...(file === undefined ? {} : { file }) };
}

export function wireId(userId: string | number): string | number {
  return wireUserId(String(userId));
}

export function withoutUndefined<T extends object>(fields: T): T {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as T;
}
