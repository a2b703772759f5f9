/** Reads what a tus client says of a file: keys with values in Base64, separated by commas. */
import { invalid } from "../base/fields.ts";

/** The keys by which clients name a file. */
const NAMES = ["filename", "name"];

/** The name of the file, if it has one. Throws where the header cannot be read. */
export function fileNameIn(header: string | undefined): string | undefined {
  const values = new Map<string, string>();
  for (const pair of header?.split(",") ?? []) {
    const [key = "", value = "", ...more] = pair.trim().split(/ +/);
    if (more.length > 0) throw invalid("Upload-Metadata", header, ALLOWED);
    if (NAMES.includes(key)) values.set(key, decoded(value));
  }
  return NAMES.map((name) => values.get(name)).find((value) => value !== undefined);
}

const ALLOWED = "pairs of a key and a text in Base64, separated by commas";

function decoded(value: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(value));
  } catch {
    throw invalid("Upload-Metadata", value, ALLOWED);
  }
}
