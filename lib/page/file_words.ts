/** Files in words: how large they are, of what kind, and why one is not taken. */
import type { AttachedFile, NotifyliError } from "../sdk/mod.ts";
import type { FileLimits } from "./config.ts";
import { shownName } from "../sdk/view/text.ts";

const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** A size as people say it: 2.4 MB. As with the server's settings, 1 KB has 1,024 bytes. */
export function sizeWords(bytes: number): string {
  const { amount, unit } = scaled(bytes, unitOf(bytes));
  return `${amount} ${unit}`;
}

/** How much is there of how much: "1.5 of 2.4 MB". */
export function progressWords(sent: number, bytes: number): string {
  const at = unitOf(bytes);
  return `${scaled(sent, at).amount} of ${scaled(bytes, at).amount} ${UNITS[at]}`;
}

/** Whole percent; it is 100 only where all of it is there. */
export function percentOf(sent: number, bytes: number): number {
  return bytes === 0 ? 100 : Math.floor((100 * sent) / bytes);
}

function unitOf(bytes: number): number {
  let at = 0;
  while (at < UNITS.length - 1 && Math.round(bytes / 1024 ** at) >= 1024) at++;
  return at;
}

function scaled(bytes: number, at: number) {
  const amount = bytes / 1024 ** at;
  const maximumFractionDigits = at >= 2 && amount < 100 ? 1 : 0;
  const unit = at === 0 && bytes === 1 ? "byte" : UNITS[at];
  return { amount: amount.toLocaleString(undefined, { maximumFractionDigits }), unit };
}

/** What a file is, in one word: its ending, or where it has none, its type. */
export function kindWords({ name = "", type = "" }: { name?: string; type?: string }): string {
  const [, ending] = /\.([\p{L}\p{N}]{1,8})$/u.exec(name) ?? [];
  if (ending !== undefined) return ending.toUpperCase();
  const [group = "", kind = ""] = type.split("/");
  if (kind === "" || kind === "octet-stream") return "File";
  const words: Record<string, string> = {
    image: "Image",
    audio: "Audio",
    video: "Video",
    text: "Text",
  };
  return words[group] ?? kind.replace(/^(x-|vnd\.)/, "").toUpperCase().slice(0, 12);
}

/** The name that is shown of a file. */
export function fileName({ name = "" }: { name?: string }): string {
  return name === "" ? "File" : shownName(name);
}

/** Why the server would not take a file, as far as that is known before; `undefined` where it may. */
export function whyNotTaken(file: File, { max_bytes, types }: FileLimits): string | undefined {
  const name = fileName(file);
  if (max_bytes !== null && file.size > max_bytes) {
    return `${name} has ${sizeWords(file.size)}. A file may have ${sizeWords(max_bytes)} at most.`;
  }
  if (isTaken(file.type, types)) return undefined;
  return `${name} is of a kind that is not taken here (${kindWords(file)}). ` +
    `Allowed is ${types.map(typeWords).join(", ")}.`;
}

/**
 * The server looks at the bytes, the browser at the ending of the name: what may be something else to the server is let through,
 * and what is surely not taken is not sent in vain.
 */
function isTaken(type: string, types: readonly string[]): boolean {
  if (types.length === 0 || type === "") return true;
  if (types.some((each) => each === type || each === `${type.split("/")[0]}/*`)) return true;
  return MAY_BE_TEXT.test(type) && types.some((each) => /^text\/(plain|\*)$/.test(each));
}

/** To the server, all that has no signature and can be read is text. */
const MAY_BE_TEXT = /^text\/|[/+-](csv|javascript|json|php|sh|sql|toml|typescript|xml|yaml)$/;

/** The types that the system's picker shows. */
export function acceptedTypes(types: readonly string[]): string {
  const isText = types.includes("text/plain");
  return [...types, ...isText ? ["text/*"] : []].join(",");
}

function typeWords(type: string): string {
  const [group = "", kind = ""] = type.split("/");
  if (kind !== "*" && type !== "text/plain") return kindWords({ type });
  const words: Record<string, string> = {
    image: "pictures",
    audio: "sound",
    video: "videos",
    text: "text",
  };
  return words[group] ?? group;
}

/** Why a message with or without a file was not sent, in words for people. */
export function failureWords({ code, message }: NotifyliError, file?: AttachedFile): string {
  if (file === undefined) return message;
  switch (code) {
    case "too_large":
      return /pixels/.test(message)
        ? "the picture has more pixels than the server takes."
        : `the file is larger than the server takes (${sizeWords(file.bytes ?? 0)}).`;
    case "type_denied":
      return deniedWords(message);
    case "storage_full":
      return "there is no room for more files.";
    case "too_many_files":
      return "there are too many files already. Delete some first.";
    case "file_lost":
      return "the page was left before the file was sent. Choose it again.";
    default:
      return message;
  }
}

/** The server says by its bytes what the file is, and what it takes. */
function deniedWords(message: string): string {
  const [, type, allowed] = /of the type (\S+): allowed is (.+)$/.exec(message) ?? [];
  if (type === undefined || allowed === undefined) {
    return "the server does not take files of this kind.";
  }
  const kind = type === "application/octet-stream" ? "" : ` (${kindWords({ type })})`;
  return `the server does not take files of this kind${kind}. ` +
    `Allowed is ${allowed.split(", ").map(typeWords).join(", ")}.`;
}
