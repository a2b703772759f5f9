/**
 * Takes the location out of a JPEG while it streams. Photos of phones have more behind their first image: previews and maps of
 * brightness, which are JPEGs, too, and films, which say where they were taken: those become zeros.
 */
import { text, viewOf } from "../reader.ts";
import { withoutPlacesExif } from "./exif.ts";
import { withoutPlacesPhotoshop } from "./iptc.ts";
import type { ByteSource } from "./source.ts";
import { withoutPlacesXmp } from "./xmp.ts";

const END = 0xd9;
const SCAN = 0xda;
const XMP = "http://ns.adobe.com/xap/1.0/\0";

export async function* jpegWithoutPlaces(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield await source.take(2);
  yield* image(source, { isFirst: true });
  while (yield* toNextImage(source)) yield* image(source, { isFirst: false });
}

/** Passes on all from behind the start of an image to its end. What looks like another image, and is none, ends before its pixels. */
async function* image(
  source: ByteSource,
  { isFirst }: { isFirst: boolean },
): AsyncGenerator<Uint8Array> {
  for (let hasPixels = false;;) {
    if (!isFirst && !hasPixels && !isMarker(await source.ahead(2), 0)) return;
    if (!(yield* toMarker(source))) return;
    const marker = await source.take(2);
    yield marker;
    if (marker[1] === END) return;
    if (marker[1] === SCAN) hasPixels = true;
    yield* segment(source, marker[1] ?? 0);
  }
}

/** Whether a segment begins here, or the image ends. */
function isMarker(bytes: Uint8Array, at: number): boolean {
  const marker = bytes[at + 1] ?? 0;
  return bytes[at] === 0xff && marker >= 0xc0 && marker < 0xff &&
    !(marker >= 0xd0 && marker <= 0xd8);
}

/** Passes on all before the next marker; returns whether there is one. */
async function* toMarker(source: ByteSource): AsyncGenerator<Uint8Array, boolean> {
  for (;;) {
    const bytes = await source.ahead(2);
    let at = bytes.indexOf(0xff);
    while (at >= 0 && at + 1 < bytes.length && !isMarker(bytes, at)) {
      at = bytes.indexOf(0xff, at + 1);
    }
    const isFound = at >= 0 && at + 1 < bytes.length;
    const passed = at >= 0 && bytes.length > 1 ? at : bytes.length;
    yield* source.pass(passed);
    if (isFound) return true;
    if (bytes.length < 2) return false;
  }
}

async function* segment(source: ByteSource, marker: number): AsyncGenerator<Uint8Array> {
  const head = await source.take(2);
  yield head;
  if (head.length < 2) return;
  const length = Math.max(0, viewOf(head).getUint16(0) - 2);
  const isMetadata = marker >= 0xe0 && marker <= 0xef;
  if (isMetadata) yield await metadata(marker & 15, await source.take(length));
  else yield* source.pass(length);
}

/** As many bytes. What is not known to have no place in it becomes zeros: the pixels need none of it. */
async function metadata(number: number, bytes: Uint8Array): Promise<Uint8Array> {
  const starts = (name: string) => text(bytes, 0, name.length) === name;
  if (number === 1 && starts("Exif\0")) {
    return endingIn(await withoutPlacesExif(bytes.subarray(6)), bytes);
  }
  if (number === 1 && starts(XMP)) {
    return endingIn(withoutPlacesXmp(bytes.subarray(XMP.length)), bytes);
  }
  if (number === 13 && starts("Photoshop 3.0\0")) {
    return endingIn(withoutPlacesPhotoshop(bytes.subarray(14)), bytes);
  }
  const isKept = number === 0 || number === 14 || // how the colours are to be read
    (number === 2 &&
      (starts("ICC_PROFILE\0") || starts("MPF\0") || starts("urn:iso:std:iso:ts:"))) ||
    (number === 11 && starts("JP") && text(bytes, 8, 12) !== "jumb"); // JPEG XT has its pixels there
  return isKept ? bytes : new Uint8Array(bytes.length);
}

function endingIn(rest: Uint8Array, bytes: Uint8Array): Uint8Array {
  const all = bytes.slice();
  all.set(rest, bytes.length - rest.length);
  return all;
}

/** Zeros for all before the next image; returns whether there is one, behind whose start the source is then. */
async function* toNextImage(source: ByteSource): AsyncGenerator<Uint8Array, boolean> {
  for (;;) {
    const bytes = await source.ahead(3);
    let at = bytes.indexOf(0xff);
    while (at >= 0 && !(bytes[at + 1] === 0xd8 && bytes[at + 2] === 0xff)) {
      at = bytes.indexOf(0xff, at + 1);
    }
    if (at >= 0) {
      yield* source.blank(at);
      yield await source.take(2);
      return true;
    }
    if (bytes.length < 3) {
      yield* source.blank(bytes.length);
      return false;
    }
    yield* source.blank(bytes.length - 2);
  }
}
