/** Reads what a tus client says of a file: keys with values in Base64, separated by commas. */
import { CodedError } from "../base/errors.ts";
import { invalid } from "../base/fields.ts";

/** The keys by which clients name a file, and its type. */
const NAMES = ["filename", "name"];
const TYPES = ["filetype", "type"];

/** Characters of what is kept of a client's words, to be given back. */
const MAX_METADATA = 4096;

/** What the client says of the file. Throws where it is no text of a header, or too long. */
export function metadataIn(header: string | undefined): string | undefined {
  if (header === undefined || header === "") return undefined;
  if (!/^[ -~]*$/.test(header)) throw invalid("Upload-Metadata", header, ALLOWED);
  if (header.length <= MAX_METADATA) return header;
  throw new CodedError(
    "too_long",
    `Cannot take header 'Upload-Metadata': it has ${header.length} characters, allowed are ${MAX_METADATA}`,
  );
}

export interface Said {
  readonly name: string | undefined;
  /** The media type that the client takes it for. */
  readonly type: string | undefined;
}

/** Throws where the header cannot be read. */
export function saidIn(header: string | undefined): Said {
  const values = new Map<string, string>();
  for (const pair of header?.split(",") ?? []) {
    const [key = "", value = "", ...more] = pair.trim().split(/ +/);
    if (more.length > 0) throw invalid("Upload-Metadata", header, ALLOWED);
    if (NAMES.includes(key) || TYPES.includes(key)) values.set(key, decoded(value));
  }
  const first = (keys: readonly string[]) =>
    keys.map((key) => values.get(key)).find((value) => value !== undefined);
  return { name: first(NAMES), type: first(TYPES) };
}

const ALLOWED = "pairs of a key and a text in Base64, separated by commas";

function decoded(value: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(value));
  } catch {
    throw invalid("Upload-Metadata", value, ALLOWED);
  }
}
