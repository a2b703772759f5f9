/**
 * Reads the fields of a body by what it says that it is, and by what it looks like: programs name types that are wrong,
 * and `curl -d` calls every text a form. The source of a body is never taken for a message that somebody wrote.
 */
import { CodedError } from "../base/errors.ts";
import { type Fields, parseObject } from "../base/fields.ts";
import { decodeBody } from "./body.ts";
import { formFields, hasFormNames, isForm, multipartFields } from "./form.ts";
import { decoderOf, type MediaType, mediaTypeOf } from "./media_type.ts";

export class Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly kind: MediaType["kind"];
  /** As the header has it. */
  readonly type: string;
  readonly decoder: TextDecoder;
  /** The bytes as a text; empty where they are several parts, each of which may be anything. */
  readonly text: string;

  /** @param type the header `Content-Type`. Throws where the bytes are no text in the charset that it names. */
  constructor(bytes: Uint8Array<ArrayBuffer>, type: string | undefined) {
    const media = mediaTypeOf(type);
    this.bytes = bytes;
    this.kind = media.kind;
    this.type = type ?? "";
    this.decoder = decoderOf(media);
    this.text = media.kind === "multipart" ? "" : decodeBody(bytes, this.decoder);
  }

  get isEmpty(): boolean {
    return this.bytes.length === 0 || (this.kind !== "multipart" && this.text.trim() === "");
  }
}

/** Reads a body that has to have fields. Rejects with a `CodedError` where it is neither JSON nor a form. */
export async function fieldsOf(body: Body): Promise<Fields> {
  const { text, kind } = body;
  if (kind === "multipart") return await multipartFields(body.bytes, body.type);
  if (kind === "form" && text.includes("=") && !looksLikeJson(text)) {
    return formFields(body.bytes, body.decoder);
  }
  return parseObject(text, "body");
}

/** Reads a body that may be a text, which is the field `name` then. */
export async function fieldsOrText(body: Body, name: string): Promise<Fields> {
  const { text, kind } = body;
  if (body.bytes.length === 0) return {}; // programs name a type all the same
  if (kind === "json" || kind === "multipart") return await fieldsOf(body);
  if (kind === "other") {
    throw new CodedError(
      "unsupported_type",
      `Cannot take a body of the type ${
        JSON.stringify(body.type)
      }: send text/plain, application/json or a form`,
    );
  }
  if (looksLikeJson(text)) return parseObject(text, "body");
  const mayBeForm = kind === "form" ? isForm(text) : kind === "unsaid" && hasFormNames(text);
  return mayBeForm ? formFields(body.bytes, body.decoder) : { [name]: text };
}

/** Whether a text begins as JSON with fields does, whatever its sender says: nobody writes such messages. */
function looksLikeJson(text: string): boolean {
  return /^\s*(\[\s*)?\{\s*["}]/.test(text);
}
