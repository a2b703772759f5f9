/** Writes and reads the headers of tar archives (POSIX ustar), which is all that a backup needs of that format. */

/** Everything in an archive takes up whole blocks. */
export const BLOCK = 512;

/** What ends an archive. */
export const END = new Uint8Array(2 * BLOCK);

/** The longest name that a header holds. */
const NAME_BYTES = 100;

/** The largest size that eleven octal digits hold; larger ones are written in binary, as GNU tar does. */
const OCTAL_MAX = 0o77777777777;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
}

/** The header of a file that only its owner may read. @param at Unix time in seconds */
export function tarHeader({ name, bytes }: TarEntry, at: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(BLOCK);
  const put = (offset: number, text: string) => header.set(ENCODER.encode(text), offset);
  const encoded = ENCODER.encode(name);
  if (encoded.length > NAME_BYTES) {
    throw new TypeError(`Cannot put ${JSON.stringify(name)} into a backup: its name is too long`);
  }
  header.set(encoded, 0);
  put(100, "0000600\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  if (bytes <= OCTAL_MAX) put(124, `${octal(bytes, 11)}\0`);
  else {
    header[124] = 0x80;
    new DataView(header.buffer).setBigUint64(128, BigInt(bytes));
  }
  put(136, `${octal(Math.floor(at), 11)}\0`);
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(148, `${octal(sumOf(header), 6)}\0 `);
  return header;
}

/** Reads a header; `undefined` for the empty block that ends an archive. Throws a `SyntaxError` for anything else. */
export function readTarHeader(header: Uint8Array): TarEntry | undefined {
  if (header.every((byte) => byte === 0)) return undefined;
  const sum = Number.parseInt(textAt(header, 148, 8), 8);
  if (sum !== sumOf(header)) throw new SyntaxError("it is no backup, or damaged");
  const isBinary = ((header[124] ?? 0) & 0x80) !== 0;
  const bytes = isBinary
    ? Number(new DataView(header.buffer, header.byteOffset).getBigUint64(128))
    : Number.parseInt(textAt(header, 124, 12), 8);
  return { name: textAt(header, 0, NAME_BYTES), bytes };
}

/** How many bytes follow a file of this size, up to the next block. */
export function paddingAfter(bytes: number): number {
  return (BLOCK - bytes % BLOCK) % BLOCK;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** The sum of a header's bytes, in which the sum itself counts as blanks. */
function sumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

function textAt(header: Uint8Array, offset: number, length: number): string {
  return DECODER.decode(header.subarray(offset, offset + length)).replace(/\0.*$/s, "").trim();
}
