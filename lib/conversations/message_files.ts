/** Files as messages have them: what is kept of one with its message, and how it is shown. */
import type { FileFacts } from "../files/types.ts";
import type { Message, MessageFile, Quote } from "./types.ts";

/** Makes a link to a file; `undefined` where none can be made right now. */
export type LinkTo = (file: string) => string | undefined;

/** What is kept of a file with the message that has it. It never changes. */
export function keptFile({ id, name, type, bytes, width, height }: FileFacts): MessageFile {
  return { id, name, type, bytes, ...(width !== undefined && { width, height }) };
}

/** A file as a column has it, or a publication of another version: a text that is no JSON of a file is an id alone. */
export function messageFileIn(value: unknown): MessageFile | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  if (!value.startsWith("{")) return { id: value };
  try {
    const file = JSON.parse(value) as MessageFile;
    return typeof file.id === "string" ? file : { id: value };
  } catch {
    return { id: value };
  }
}

/** The file of a quote, which has no such field where there is none. */
export function fileFieldIn(value: unknown): Pick<Quote, "file"> {
  const file = messageFileIn(value);
  return file === undefined ? {} : { file };
}

/** Whether the file is kept elsewhere, by an application that has a place of its own for files: an http(s) URL, or a path there. */
export function isElsewhere(file: string): boolean {
  return /^(https?:\/)?\//.test(file);
}

/** The message with links to its file, and to that of the message which it answers. */
export function withLinks(message: Message, linkTo: LinkTo): Message {
  const { file, replyTo } = message;
  const quoted = replyTo?.file;
  if (file === undefined && quoted === undefined) return message;
  return {
    ...message,
    file: file && linked(file, linkTo),
    replyTo: replyTo && quoted ? { ...replyTo, file: linked(quoted, linkTo) } : replyTo,
  };
}

/** What is elsewhere, or what an older version stored there, names no file that is here. */
function linked(file: MessageFile, linkTo: LinkTo): MessageFile {
  if (file.type !== undefined) return { ...file, url: linkTo(file.id) };
  return isElsewhere(file.id) ? { ...file, url: file.id } : file;
}
