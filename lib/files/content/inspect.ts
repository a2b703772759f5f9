/**
 * Says what a file is, by its bytes alone: its media type, and of an image how large it is. What the uploader says of it counts
 * for nothing, since browsers would run what pretends to be something else.
 */
import { CodedError } from "../../base/errors.ts";
import type { ByteRange } from "../store/file_store.ts";
import { type Dimensions, dimensionsOf } from "./dimensions.ts";
import { Reader } from "./reader.ts";

export interface Inspected {
  /** Without parameters, and in small letters, such as "image/png". */
  readonly type: string;
  /** Pixels as the image is shown, so after the turn that its Exif data asks for. */
  readonly width?: number;
  readonly height?: number;
}

/** `file-type` has what it needs in here, but for some archives, whose kind is then less exact. */
const HEAD_BYTES = 64 * 1024;
/** Photos of phones have profiles, previews and depth maps of some MiB before their pixels. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * Rejects with a {@linkcode CodedError} where an image has more than `pixels`. An animation counts as one of its frames, since
 * whoever shows it has one at a time in memory.
 *
 * @param read resolves with the bytes of the range; with fewer where the file ends
 */
export async function inspect(
  read: (range: ByteRange) => Promise<Uint8Array>,
  bytes: number,
  { name, pixels }: { name: string; pixels: number },
): Promise<Inspected> {
  const reader = new Reader(({ start, end }) => {
    if (start >= bytes) return Promise.resolve(new Uint8Array());
    return read({ start, end: Math.min(end, bytes) });
  }, MOST_BYTES);
  const type = await sniff(await reader.at(0, HEAD_BYTES));
  const size = await dimensionsOf(type, reader);
  if (size !== undefined) checkPixels(size, name, pixels);
  return { type, ...size };
}

/** Types that `file-type` knows by some letters and digits, with which texts may begin, too: their files are never text. */
const BY_FEW_LETTERS: ReadonlySet<string> = new Set([
  "application/x-bzip2", // BZh
  "application/x-msdownload", // MZ
  "audio/mpeg", // ID3
  "audio/x-musepack", // MP+
  "image/bmp", // BM
  "image/gif", // GIF
  "image/vnd.dwg", // AC1015
]);

/** Loads `file-type` with the first file: it takes time, and the environment, which not all that reads settings may see. */
async function sniff(head: Uint8Array): Promise<string> {
  const { fileTypeFromBuffer } = await import("file-type");
  const found = await fileTypeFromBuffer(head).catch(() => undefined); // it is nonsense
  const type = found?.mime.replace(/;.*/, "").toLowerCase();
  if (type !== undefined && !(BY_FEW_LETTERS.has(type) && isText(head))) return type;
  return isText(head) ? "text/plain" : "application/octet-stream";
}

/** Whether it is UTF-8 without characters that text does not have. Its last character may be cut off. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0) return false;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true });
    // deno-lint-ignore no-control-regex -- these are what is looked for
    return !/[\x00-\x08\x0b\x0e-\x1f\x7f]/.test(text);
  } catch {
    return false;
  }
}

function checkPixels({ width, height }: Dimensions, name: string, pixels: number): void {
  if (width * height <= pixels) return;
  throw new CodedError(
    "too_large",
    `Cannot take the image "${name}": it has ${width} x ${height} pixels, and at most ${pixels} are allowed`,
  );
}
