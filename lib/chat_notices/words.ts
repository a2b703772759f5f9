/** What a notification says of the messages in a conversation. */
import type { Place } from "../conversations/listener.ts";
import type { Message } from "../conversations/types.ts";

/** Most characters of a message that stand in a notification. */
const MOST_CHARACTERS = 200;

/** Who a notification is from, and its text. @param messages of how many it tells, the last of which is given */
export function wordsOf(
  { kind, name: group }: Place,
  { name = "", ...message }: Message,
  messages: number,
): { readonly from: string; readonly message: string } {
  const said = saidIn(message);
  const author = name === "" ? undefined : name;
  if (kind === "private") {
    const text = messages === 1 ? said : `${messages} new messages. The last: ${said}`;
    return { from: author ?? "system", message: text };
  }
  const by = author === undefined ? said : `${author}: ${said}`;
  const text = messages === 1 ? by : `${messages} new messages. The last, by ${by}`;
  return { from: group ?? "Group", message: text };
}

function saidIn(
  { kind, text, file, isDeleted }: Pick<Message, "kind" | "text" | "file" | "isDeleted">,
): string {
  if (isDeleted) return "(deleted)";
  if (text !== undefined && text !== "") return cut(text.replace(/\s+/g, " ").trim());
  const what = kind === "image" ? "picture" : kind === "file" ? "file" : "message";
  return file?.name === undefined ? `(${what})` : `(${what}: ${cut(file.name)})`;
}

/** Cuts between code points. */
function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const characters = [...text];
  if (characters.length <= MOST_CHARACTERS) return text;
  return `${characters.slice(0, MOST_CHARACTERS - 1).join("")}…`;
}
