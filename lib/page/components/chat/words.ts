/** The words that stand for a message where there is one line for it. */
import type { AttachedFile, MessageKind } from "../../../sdk/mod.ts";
import { fileName } from "../../file_words.ts";

interface Worded {
  readonly kind: MessageKind;
  readonly text: string;
  readonly file?: AttachedFile;
}

export function wordsOfKind({ kind, text, file }: Worded): string {
  if (text !== "") return text;
  switch (kind) {
    case "image":
      return "Photo";
    case "file":
      return fileName(file ?? {});
    default:
      return "Message deleted";
  }
}
