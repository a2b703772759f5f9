/** Reads forms, as browsers and `curl -d` or `-F` send them: the same fields as those of a JSON object. */
import { CodedError } from "../base/errors.ts";
import type { Fields } from "../base/fields.ts";
import { withDataOfText } from "../base/said_fields.ts";
import { decodeBody, utf8 } from "./body.ts";

type Pairs = readonly (readonly [name: string, value: string])[];

/** Fields whose values are numbers: in a form, all is text. */
const NUMBERS = /^(timestamp|until|seconds|\w+_at)$/;

/** Names by which a text is surely a form, however its values are written. */
const NAMES =
  /^(message|data|user_id|room|from|id|timestamp|deliver_at|expires_at|attachments|image|title|kind|priority|url|icon|tags|actions|group|markdown|critical|progress)=/;

/** Most fields of a form: to decode tens of thousands would hold up everyone else. */
const MAX_FIELDS = 100;

/** A text that can hardly be anything else than a form: nothing but names and values, all percent-encoded. */
const STRICT = /^[\w.*+%[\]-]+=[\w.*+%[\]-]*(&[\w.*+%[\]-]+=[\w.*+%[\]-]*)*$/;

/** Whether a text is a form, where its sender says so, as `curl -d` does of every text. */
export function isForm(text: string): boolean {
  return hasFormNames(text) || STRICT.test(text.trim());
}

/** Whether a text is a form, where its sender does not say so. */
export function hasFormNames(text: string): boolean {
  return NAMES.test(text);
}

/** Reads `message=Hello%21&room=lobby`. Throws a `CodedError` where it is no form or not in the charset. */
export function formFields(bytes: Uint8Array, decoder: TextDecoder): Fields {
  const pairs = counted(split(latin1(bytes).trim(), "&")).map((pair) => {
    const at = pair.indexOf("=");
    if (at <= 0) {
      throw unreadable(`${JSON.stringify(pair.slice(0, 40))} has no '='; is '&' percent-encoded?`);
    }
    return [unescaped(pair.slice(0, at), decoder), unescaped(pair.slice(at + 1), decoder)] as const;
  });
  return fieldsOf(pairs);
}

/** Reads the parts of `multipart/form-data`. Rejects with a `CodedError` where they cannot be read, or are files. */
export async function multipartFields(
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
): Promise<Fields> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData()
    .catch((error: Error) => {
      throw unreadable(error.message);
    });
  const pairs = counted([...form]).map(([name, value]) => {
    if (typeof value === "string") return [name, value] as const;
    throw new CodedError(
      "unsupported_type",
      `Cannot take the body: its part ${JSON.stringify(name)} is a file; send it as a field`,
    );
  });
  decodeBody(bytes, utf8); // the runtime reads all parts as UTF-8, and what is none as U+FFFD
  return fieldsOf(pairs);
}

/** A name that is given more than once has all of its values, so that none is taken in silence. */
function fieldsOf(pairs: Pairs): Fields {
  const values = new Map<string, unknown[]>();
  for (const [name, text] of pairs) {
    const value = NUMBERS.test(name) && /^\d{1,16}$/.test(text) ? Number(text) : text;
    const before = values.get(name);
    if (before === undefined) values.set(name, [value]);
    else before.push(value);
  }
  const fields = [...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]);
  return withDataOfText(Object.fromEntries(fields));
}

/** Undoes percent-encoding. What is no escape stays as it is, since people write "100%". */
function unescaped(text: string, decoder: TextDecoder): string {
  const escaped = text.replaceAll("+", " ")
    .replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  try {
    return decoder.decode(Uint8Array.from(escaped, (character) => character.charCodeAt(0)));
  } catch {
    throw unreadable(`${JSON.stringify(text.slice(0, 40))} is not percent-encoded UTF-8`);
  }
}

function counted<Field>(fields: Field[]): Field[] {
  if (fields.length <= MAX_FIELDS) return fields;
  throw unreadable(`it has ${fields.length} fields, the limit is ${MAX_FIELDS}`);
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function split(text: string, separator: string): string[] {
  return text.split(separator).filter((each) => each !== "");
}

function unreadable(why: string): CodedError {
  return new CodedError("invalid_field", `Cannot read the body as a form: ${why}`);
}
