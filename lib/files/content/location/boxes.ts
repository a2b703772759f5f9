/** Finds the places in HEIC, AVIF and JPEG XL: which items and boxes have Exif and XMP data, and what is in their stead. */
import { type Box, heifFacts, type Item, topBoxes } from "../heif.ts";
import { type Reader, text, viewOf } from "../reader.ts";
import { withoutPlacesExif } from "./exif.ts";
import { type Patch, patch } from "./patches.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** Longer metadata is blanked without being read, as far as it goes. */
const MOST_BYTES = 1024 * 1024;
/** Of the box that has the signed origin of an image, which may have its place. */
const ORIGIN = "d8fec3d61b0e483c92975828877ec481";

export async function heifPlaces(reader: Reader): Promise<Patch[]> {
  const facts = await heifFacts(reader);
  const items = (facts?.items ?? []).filter(({ type }) => CLEAN[type] !== undefined);
  const patches: Patch[] = [];
  for (const item of items) patches.push(...await cleanedItem(reader, item));
  return [...patches, ...await boxPlaces(reader)];
}

async function cleanedItem(reader: Reader, { type, extents }: Item): Promise<Patch[]> {
  const parts: { start: number; bytes: Uint8Array }[] = [];
  for (const { start, length } of extents.slice(0, 64)) {
    parts.push({ start, bytes: (await reader.at(start, Math.min(length, MOST_BYTES))).slice() });
  }
  const whole = new Uint8Array(parts.reduce((sum, { bytes }) => sum + bytes.length, 0));
  patch(whole, laidOut(parts));
  const cleaned = await CLEAN[type]?.(whole) ?? whole;
  return laidOut(parts).map(({ start, bytes }, index) => ({
    start: parts[index]?.start ?? 0,
    bytes: cleaned.subarray(start, start + bytes.length),
  }));
}

/** The same parts, one behind the other. */
function laidOut(parts: readonly Patch[]): Patch[] {
  let at = 0;
  return parts.map(({ bytes }) => {
    at += bytes.length;
    return { start: at - bytes.length, bytes };
  });
}

/** The boxes of JPEG XL with metadata stand at the top. */
export async function boxPlaces(reader: Reader): Promise<Patch[]> {
  const patches: Patch[] = [];
  for (const box of await topBoxes(reader)) {
    const length = Math.min(box.end - box.content, MOST_BYTES);
    if (CLEAN[box.type] !== undefined) {
      const bytes = (await reader.at(box.content, length)).slice();
      patches.push({ start: box.content, bytes: await CLEAN[box.type]?.(bytes) ?? bytes });
    } else if (await isUnreadable(reader, box)) {
      const there = await reader.at(box.content, length);
      patches.push({ start: box.start + 4, bytes: new TextEncoder().encode("free") });
      patches.push({ start: box.content, bytes: new Uint8Array(there.length) });
    }
  }
  return patches;
}

/** Compressed metadata, and the signed origin, which is no longer right in any case. */
async function isUnreadable(reader: Reader, { type, content }: Box): Promise<boolean> {
  const head = await reader.at(content, 16);
  if (type === "brob") return /^(Exif|xml |jumb)$/.test(text(head, 0, 4));
  return type === "jumb" || (type === "uuid" && head.toHex() === ORIGIN);
}

const CLEAN: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
  "Exif": exif,
  "application/rdf+xml": withoutPlacesXmp,
  "xml ": withoutPlacesXmp,
};

/** Four bytes before it say where it begins. */
async function exif(bytes: Uint8Array): Promise<Uint8Array> {
  const all = new Uint8Array(bytes.length);
  if (bytes.length < 4) return all;
  const start = 4 + viewOf(bytes).getUint32(0);
  if (start > bytes.length) return all;
  all.set(bytes.subarray(0, start));
  all.set(await withoutPlacesExif(bytes.subarray(start)), start);
  return all;
}
