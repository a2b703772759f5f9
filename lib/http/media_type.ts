/** What a request says that its body is, by its header `Content-Type`. */
import { CodedError } from "../base/errors.ts";
import { utf8 } from "./body.ts";

/** `unsaid` where there is no header, `other` where it names what cannot be read as fields or text. */
export type BodyKind = "json" | "form" | "multipart" | "text" | "unsaid" | "other";

export interface MediaType {
  readonly kind: BodyKind;
  /** As the header names it, such as `iso-8859-1`; absent where it names none. */
  readonly charset?: string;
}

const KINDS: ReadonlyMap<string, BodyKind> = new Map([
  ["", "unsaid"],
  ["application/json", "json"],
  ["text/json", "json"],
  ["application/x-www-form-urlencoded", "form"],
  ["multipart/form-data", "multipart"],
  ["text/plain", "text"],
  ["text/markdown", "text"],
  ["application/octet-stream", "text"], // what programs say that do not know better
]);

const UNSAID: MediaType = { kind: "unsaid" };

/** Reads the header; types and parameters are the same in upper and lower case (RFC 9110, section 8.3). */
export function mediaTypeOf(header: string | undefined): MediaType {
  if (header === undefined) return UNSAID;
  const [type = "", ...parameters] = header.toLowerCase().split(";").map((each) => each.trim());
  const kind = KINDS.get(type) ?? (/^[^\s/]+\/[^\s/]+\+json$/.test(type) ? "json" : "other");
  const named = parameters.find((each) => each.startsWith("charset="));
  const charset = named?.slice("charset=".length).replace(/^"(.*)"$/, "$1");
  return charset === undefined || charset === "" ? { kind } : { kind, charset };
}

/** Decodes texts in a charset; throws a `TypeError` where bytes are none of it. Throws where nobody knows the charset. */
export function decoderOf({ charset }: MediaType): TextDecoder {
  if (charset === undefined || charset === "utf-8") return utf8;
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch {
    throw new CodedError(
      "unsupported_type",
      `Cannot read the body: its charset ${JSON.stringify(charset)} is not known; send UTF-8`,
    );
  }
}
