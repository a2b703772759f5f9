/** The words that stand for a message where there is one line for it. */
import type { MessageKind } from "../../../sdk/mod.ts";

export function wordsOfKind({ kind, text }: { kind: MessageKind; text: string }): string {
  if (text !== "") return text;
  switch (kind) {
    case "image":
      return "Photo";
    case "file":
      return "File";
    default:
      return "Message deleted";
  }
}
