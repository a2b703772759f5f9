/** Takes the location out of a PNG while it streams: of its chunks, those that have metadata are cleaned or blanked. */
import { crc32 } from "node:zlib";
import { text, viewOf } from "../reader.ts";
import { withoutPlacesExif } from "./exif.ts";
import type { ByteSource } from "./source.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** Longer metadata is blanked without being read. */
const MOST_BYTES = 1024 * 1024;
/** A type that nobody knows, and that nobody needs to know to show the image. */
const BLANK = new TextEncoder().encode("blNk");
const XMP = /^XML:com\.adobe\.xmp$/;
/** Programs keep metadata of other formats under such keywords. */
const PLACES = /^raw profile|exif|xmp|iptc|gps|latitude|longitude|location|comment-geo/i;

export async function* pngWithoutPlaces(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield await source.take(8);
  for (;;) {
    const head = await source.take(8);
    if (head.length < 8) return yield head;
    const length = viewOf(head).getUint32(0);
    const type = text(head, 4, 8);
    if (!isMetadata(type)) {
      yield head;
      yield* source.pass(length + 4);
    } else if (length > MOST_BYTES) yield* blanked(source, head, length);
    else yield* cleaned(source, head, length);
    if (type === "IEND") return yield* source.blank(Number.MAX_SAFE_INTEGER);
  }
}

function isMetadata(type: string): boolean {
  return ["eXIf", "zxIf", "tEXt", "zTXt", "iTXt", "caBX"].includes(type);
}

async function* cleaned(
  source: ByteSource,
  head: Uint8Array,
  length: number,
): AsyncGenerator<Uint8Array> {
  const content = await source.take(length);
  const sum = await source.take(4);
  const better = await cleanedContent(text(head, 4, 8), content);
  if (better === undefined) head.set(BLANK, 4);
  const written = better ?? new Uint8Array(content.length);
  yield head;
  yield written;
  if (written !== content && sum.length === 4) {
    viewOf(sum).setUint32(0, crc32(written, crc32(head.subarray(4))));
  }
  yield sum;
}

/** The same where there is no place in it; `undefined` where it cannot be cleaned. */
async function cleanedContent(type: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (type === "eXIf") return await withoutPlacesExif(bytes);
  const end = bytes.indexOf(0);
  const keyword = text(bytes, 0, Math.max(0, end));
  if (type === "iTXt" && XMP.test(keyword)) return xmp(bytes, end);
  return type.endsWith("Xt") && end > 0 && !PLACES.test(keyword) ? bytes : undefined;
}

/** Behind the keyword: whether and how it is compressed, and two more texts, each with a zero behind it. */
function xmp(bytes: Uint8Array, end: number): Uint8Array | undefined {
  if (bytes[end + 1] !== 0) return undefined;
  const start = bytes.indexOf(0, bytes.indexOf(0, end + 3) + 1) + 1;
  if (start < end + 5) return undefined;
  const all = bytes.slice();
  all.set(withoutPlacesXmp(bytes.subarray(start)), start);
  return all;
}

async function* blanked(
  source: ByteSource,
  head: Uint8Array,
  length: number,
): AsyncGenerator<Uint8Array> {
  head.set(BLANK, 4);
  yield head;
  let sum = crc32(head.subarray(4));
  for await (const zeros of source.blank(length)) {
    sum = crc32(zeros, sum);
    yield zeros;
  }
  const last = await source.take(4);
  if (last.length === 4) viewOf(last).setUint32(0, sum);
  yield last;
}
