/**
 * Reads text files that a person wrote, whatever encoding the editor chose: UTF-8, or UTF-16 with a byte-order mark.
 * A file that is neither is refused rather than guessed.
 */

/** No file of settings, rules or keys is larger. A larger file is refused unread. */
const MAX_TEXT_BYTES = 1024 * 1024;

const AS_UTF8 = "save it as UTF-8";

/** The message says why a file cannot be read as text. */
class TextFileError extends Error {
  override readonly name = "TextFileError";
}

/** Reads a whole file. Throws {@linkcode TextFileError}, or what Deno throws if the file cannot be opened. */
export function readTextFile(path: string): string {
  const { isDirectory, size } = Deno.statSync(path);
  if (isDirectory) throw new TextFileError("it is a folder");
  if (size > MAX_TEXT_BYTES) {
    throw new TextFileError(`it has ${size} bytes, the limit is ${MAX_TEXT_BYTES}`);
  }
  return decodeText(Deno.readFileSync(path));
}

/** Decodes bytes to a text without a byte-order mark. Throws {@linkcode TextFileError}. */
export function decodeText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  const text = decoded(bytes, encoding);
  if (text === undefined) throw new TextFileError(undecodable(bytes, encoding));
  const nul = text.indexOf("\0");
  if (nul === -1) return text;
  // This is UTF-16 without a mark, probably: nobody can tell which of the two byte orders it has.
  throw new TextFileError(
    `line ${lineAt(text, nul)} has a NUL byte, as UTF-16 has: ${AS_UTF8}`,
  );
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** Tells the encoding by the byte-order mark. */
function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function decoded(bytes: Uint8Array, encoding: Encoding): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function undecodable(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding !== "utf-8") return `it begins as ${encoding.toUpperCase()} and is none: ${AS_UTF8}`;
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, start);
    const next = end === -1 ? bytes.length : end + 1;
    // UTF-8 has the byte 0x0a in line ends only, so each line can be decoded alone.
    if (decoded(bytes.subarray(start, next), encoding) === undefined) break;
    start = next;
  }
  return `line ${line} is not UTF-8: ${AS_UTF8}`;
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split(/\r\n?|\n/).length;
}
