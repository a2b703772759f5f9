/** Checks what people write: the text of a message, names and pictures of groups, reactions. The same for every door. */
import { createHash } from "node:crypto";
import { CodedError } from "../base/errors.ts";
import { identifier, invalid, type UserId } from "../base/fields.ts";
import { dataField } from "../base/said_fields.ts";
import type { Limits } from "../base/sizes.ts";
import { isVisible } from "../base/visible_text.ts";
import { isElsewhere } from "./message_files.ts";
import type { EditRequest, SendRequest } from "./requests.ts";

/** Most users that one message mentions. */
export const MOST_MENTIONS = 100;

/** Characters of the URL of a picture or of a file that is elsewhere, and of a file's id. */
export const MOST_URL = 2048;
export const MOST_FILE = 256;

/** Control characters but tabulators and line breaks: nobody types them, and no database likes U+0000. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u;

/** One emoji, with all that it may be joined of; or a digit, `#` or `*` as a key. */
const EMOJI = /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Presentation})$/v;

/** What bounds the content of messages and conversations. */
export interface ContentLimits extends Pick<Limits, "data" | "name"> {
  /** Characters of a message, as code points. */
  readonly text: number;
}

/** What a message says, as it is stored. */
export interface Content {
  readonly kind: "text" | "image" | "file";
  readonly text: string | undefined;
  readonly data: unknown;
  readonly file: string | undefined;
  readonly replyTo: number | undefined;
  readonly mentions: readonly UserId[];
  /** Tells one content from another. */
  readonly digest: string;
}

export function contentOf(request: SendRequest, limits: ContentLimits): Content {
  const { kind = "text", replyTo } = request;
  const text = textOf(kind, request.text, limits);
  const data = dataField({ data: request.data }, limits.data);
  const file = fileOf(kind, request.file);
  const mentions = mentionsOf(request.mentions);
  const said = JSON.stringify([kind, text, data, file, replyTo, mentions]);
  return { kind, text, data, file, replyTo, mentions, digest: digestOf(said) };
}

/** What an edit changes. Throws where it says nothing. */
export function editOf(kind: string, request: EditRequest, limits: ContentLimits): EditRequest {
  if (request.text === undefined && request.data === undefined) {
    throw new CodedError("missing_field", "Missing field 'text'", { field: "text" });
  }
  if (request.text !== undefined) textOf(kind, request.text, limits);
  dataField({ data: request.data }, limits.data);
  return request;
}

/** The name of a group, as it is stored; `undefined` for none. */
export function groupNameOf(name: string | null | undefined, limits: ContentLimits) {
  if (name === undefined || name === null || name === "") return undefined;
  return identifier({ name }, "name", limits.name).trim();
}

/** The URL of a group's picture, as it is stored; `undefined` for none. */
export function pictureOf(picture: string | null | undefined): string | undefined {
  if (picture === undefined || picture === null || picture === "") return undefined;
  const protocol = URL.parse(picture)?.protocol;
  const isOwn = /^\/(?!\/)/.test(picture);
  const isGood = picture.isWellFormed() && (isOwn || protocol === "https:" || protocol === "http:");
  if (isGood && picture.length <= MOST_URL && !/[\s\p{Cc}]/u.test(picture)) return picture;
  throw invalid(
    "picture",
    picture,
    `an http or https URL, or a path that begins with /, of at most ${MOST_URL} characters`,
  );
}

export function emojiOf(emoji: string): string {
  if (emoji.length <= 64 && EMOJI.test(emoji)) return emoji;
  throw invalid("emoji", emoji, "one emoji");
}

function textOf(
  kind: string,
  text: string | undefined,
  limits: ContentLimits,
): string | undefined {
  if (text === undefined || (kind !== "text" && text === "")) {
    if (kind !== "text") return undefined;
    throw new CodedError("missing_field", "Missing field 'text'", { field: "text" });
  }
  if (!text.isWellFormed()) throw invalid("text", text, "well-formed Unicode");
  const length = codePointsOf(text, limits.text);
  if (length > limits.text) {
    throw new CodedError(
      "too_long",
      `Field 'text' is too long: current length is ${length} characters, the limit is ${limits.text}`,
      { field: "text" },
    );
  }
  if (CONTROL.test(text)) {
    throw invalid("text", text, "text without control characters but tabulators and line breaks");
  }
  if (!isVisible(text)) throw invalid("text", text, "text that can be seen");
  return text;
}

/** A text of fewer units has fewer code points, too, so nearly all texts are not gone through. */
function codePointsOf(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function fileOf(kind: string, file: string | undefined): string | undefined {
  if (kind === "text") {
    if (file === undefined) return undefined;
    throw invalid("file", file, "none in a message of the kind text");
  }
  if (file === undefined) {
    throw new CodedError("missing_field", "Missing field 'file'", { field: "file" });
  }
  return identifier({ file }, "file", isElsewhere(file) ? MOST_URL : MOST_FILE);
}

function mentionsOf(mentions: readonly UserId[] | undefined): readonly UserId[] {
  const distinct = [...new Set(mentions)];
  if (distinct.length <= MOST_MENTIONS) return distinct;
  throw invalid("mentions", distinct.length, `at most ${MOST_MENTIONS} users`);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
