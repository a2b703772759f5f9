/** Reads an entry of the queue: what it says, whose order it keeps, and what it is known by when it comes again. */
import { createHash } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { CodedError } from "../../base/errors.ts";
import { type Fields, isBlank, parseObject, sendersId, shown } from "../../base/fields.ts";
import type { Limits } from "../../base/sizes.ts";

/** What an entry is, by its property `type`: a notification where it has none. */
export type EntryType = "notification" | "room" | "topic";

const TYPES: readonly EntryType[] = ["notification", "room", "topic"];

export interface Entry {
  readonly type: EntryType;
  readonly fields: Fields;
  /** Under this id an entry that comes again is the same; absent where the sender gave none. */
  readonly id?: string;
}

/** Throws a `CodedError` that says why the entry cannot be read. */
export function readEntry(message: ConsumeMessage, limits: Pick<Limits, "frame">): Entry {
  const { properties, content } = message;
  const type = typeOf(properties.type);
  requireUncompressed(properties.contentEncoding);
  const text = textOf(content, properties.contentType, limits.frame);
  const fields = withSite(parseObject(text, "body"), properties.headers?.["site"]);
  const id = sendersId(fields) ?? idOf(properties.messageId);
  return id === undefined ? { type, fields } : { type, fields, id };
}

function typeOf(type: unknown): EntryType {
  if (type === undefined || isBlank(type)) return "notification";
  const known = TYPES.find((each) => each === type);
  if (known !== undefined) return known;
  throw new CodedError(
    "unknown_type",
    `Cannot take an entry of type ${shown(type)}: allowed are ${TYPES.join(", ")}`,
    { field: "type" },
  );
}

/** Some clients write the charset there. */
const UNCOMPRESSED = /^(utf-?8|us-ascii|identity|binary|8bit)?$/i;

function requireUncompressed(encoding: unknown): void {
  if (encoding === undefined || UNCOMPRESSED.test(String(encoding))) return;
  throw new CodedError(
    "unsupported_type",
    `Cannot take a body with content_encoding ${shown(encoding)}: send it as it is`,
  );
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** What the body is by its content type does not matter otherwise: clients write there what they have for all. */
function textOf(content: ConsumeMessage["content"], contentType: unknown, limit: number): string {
  if (content.length > limit) {
    throw new CodedError(
      "too_long",
      `The body is too long: current length is ${content.length} bytes, the limit is ${limit} (APP_LIMIT_FRAME)`,
    );
  }
  const [, charset] = /;\s*charset="?([^";\s]+)/i.exec(String(contentType ?? "")) ?? [];
  const decoder = charset === undefined ? UTF8 : decoderOf(charset);
  try {
    return decoder.decode(content);
  } catch (cause) {
    const name = decoder.encoding.toUpperCase();
    throw new CodedError("invalid_json", `Cannot read the body: it is not ${name} text`, { cause });
  }
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new CodedError(
      "unsupported_type",
      `Cannot read the body: its charset ${shown(charset)} is not known; send UTF-8`,
    );
  }
}

/** A sender that cannot change the body names the site in a header. */
function withSite(fields: Fields, site: unknown): Fields {
  return site === undefined || fields["site"] !== undefined ? fields : { ...fields, site };
}

/** `message_id` as an id: one that could not be an id here has its hash in its place, which is always the same. */
function idOf(messageId: unknown): string | undefined {
  if (messageId === undefined || isBlank(messageId)) return undefined;
  const id = String(messageId);
  if (/^([\w-]{8,64}|\d{1,64})$/.test(id)) return id;
  return `amqp-${createHash("sha256").update(id).digest("base64url")}`;
}
