/** Takes the location out of a WebP while it streams: its chunks of Exif and XMP data are cleaned where they stand. */
import { text, viewOf } from "../reader.ts";
import { withoutPlacesExif } from "./exif.ts";
import type { ByteSource } from "./source.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** Longer metadata is blanked without being read. */
const MOST_BYTES = 1024 * 1024;
/** The images, their colours and their turns; chunks with other names are metadata. */
const PIXELS = /^(VP8 |VP8L|VP8X|ALPH|ANIM|ANMF|ICCP)$/;

export async function* webpWithoutPlaces(source: ByteSource): AsyncGenerator<Uint8Array> {
  const riff = await source.take(12);
  yield riff;
  if (riff.length < 12) return;
  for (let left = viewOf(riff).getUint32(4, true) - 4; left > 0;) {
    const head = await source.take(Math.min(8, left));
    yield head;
    if (head.length < 8) break;
    const length = Math.min(viewOf(head).getUint32(4, true), left - 8);
    left -= 8 + length;
    yield* chunk(source, text(head, 0, 4), length);
    if (length % 2 === 1 && left > 0) {
      yield await source.take(1);
      left--;
    }
  }
  yield* source.blank(Number.MAX_SAFE_INTEGER);
}

async function* chunk(
  source: ByteSource,
  name: string,
  length: number,
): AsyncGenerator<Uint8Array> {
  if (PIXELS.test(name)) yield* source.pass(length);
  else if (name === "EXIF" && length <= MOST_BYTES) yield await exif(await source.take(length));
  else if (name === "XMP " && length <= MOST_BYTES) {
    yield withoutPlacesXmp(await source.take(length));
  } else yield* source.blank(length);
}

/** Some write the name before it that it has in a JPEG. */
async function exif(bytes: Uint8Array): Promise<Uint8Array> {
  const start = text(bytes, 0, 6) === "Exif\0\0" ? 6 : 0;
  const all = bytes.slice();
  all.set(await withoutPlacesExif(bytes.subarray(start)), start);
  return all;
}
