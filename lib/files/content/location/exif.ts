/**
 * Takes the location out of Exif data and TIFF: their GPS directory goes, with its values; what else may say a place is cleaned
 * or blanked where it stands. All else stays at its place, so the orientation, and what points to the pixels.
 */
import { readerOf } from "../reader.ts";
import { type Directory, type Entry, TAG, Tiff } from "../tiff.ts";
import { withoutPlacesIptc, withoutPlacesPhotoshop } from "./iptc.ts";
import { type Patch, patch } from "./patches.ts";
import { withoutPlacesXmp } from "./xmp.ts";

const MOST_DIRECTORIES = 64;
/** Values longer than this hold no place: those of the GPS directory have some dozen bytes. */
const MOST_VALUE_BYTES = 1024 * 1024;
/** Of GPS directories: there are 32 tags. More is none, but a pointer to somewhere else. */
const MOST_GPS_ENTRIES = 64;
/** Where a maker's note begins so, it is known to say no place, and iPhones show their photos by what it says. */
const APPLE = "Apple iOS\0";

/** Resolves with as many bytes: all zeros where they are no Exif data. */
export async function withoutPlacesExif(bytes: Uint8Array): Promise<Uint8Array> {
  const tiff = await Tiff.open(readerOf(bytes));
  if (tiff === undefined) return new Uint8Array(bytes.length);
  const cleaned = bytes.slice();
  patch(cleaned, await placesIn(tiff, { hasNotes: true }));
  return cleaned;
}

/** @param options.hasNotes whether notes of makers go; raw photos cannot be developed without them */
export async function placesIn(tiff: Tiff, options: { hasNotes: boolean }): Promise<Patch[]> {
  const patches: Patch[] = [];
  const waiting = [tiff.first];
  const seen = new Set<number>([0]);
  for (let start = waiting.shift(); start !== undefined; start = waiting.shift()) {
    if (seen.has(start) || seen.size > MOST_DIRECTORIES) continue;
    seen.add(start);
    const directory = await tiff.directory(start);
    if (directory === undefined) continue;
    waiting.push(directory.next);
    for (const entry of directory.entries) {
      if (entry.tag === TAG.GPS) patches.push(...await gps(tiff, entry));
      else patches.push(...await cleanedValue(tiff, entry, options));
      if (entry.tag === TAG.EXIF || entry.tag === TAG.SUB_DIRECTORIES) {
        waiting.push(...await tiff.numbers(entry, 16));
      }
    }
    patches.push(...await withoutGps(tiff, directory, patches));
  }
  return patches;
}

/** Zeros for the directory that the entry leads to, and for its values. */
async function gps(tiff: Tiff, pointer: Entry): Promise<Patch[]> {
  const [start = 0] = await tiff.numbers(pointer);
  const directory = await tiff.directory(start);
  if (directory === undefined || directory.entries.length > MOST_GPS_ENTRIES) return [];
  if (directory.entries.some(({ tag }) => tag > 0xff)) return [];
  const values = directory.entries.filter((each) => each.bytes > tiff.offsetBytes);
  const zeros = await Promise.all(values.map(async (each) => {
    const there = await tiff.reader.at(each.start, Math.min(each.bytes, MOST_VALUE_BYTES));
    return { start: each.start, bytes: new Uint8Array(there.length) };
  }));
  return [{ start, bytes: new Uint8Array(directory.end - start) }, ...zeros];
}

/** The directory without its entry of GPS: those after it move up, and nothing else does. */
async function withoutGps(
  tiff: Tiff,
  { start, end, entries }: Directory,
  patches: readonly Patch[],
): Promise<Patch[]> {
  const kept = entries.filter(({ tag }) => tag !== TAG.GPS);
  if (kept.length === entries.length) return [];
  const before = (await tiff.reader.at(start, end - start)).slice();
  if (before.length < end - start) return [];
  patch(before, patches, start); // values that stand in their entries
  const after = new Uint8Array(before.length);
  const view = new DataView(after.buffer);
  if (tiff.isBig) view.setBigUint64(0, BigInt(kept.length), tiff.isLittle);
  else view.setUint16(0, kept.length, tiff.isLittle);
  let at = tiff.countBytes;
  for (const entry of kept) {
    const from = entry.at - start;
    after.set(before.subarray(from, from + tiff.entryBytes), at);
    at += tiff.entryBytes;
  }
  const next = tiff.countBytes + entries.length * tiff.entryBytes;
  after.set(before.subarray(next), at);
  return [{ start, bytes: after }];
}

async function cleanedValue(
  tiff: Tiff,
  entry: Entry,
  { hasNotes }: { hasNotes: boolean },
): Promise<Patch[]> {
  const clean = CLEAN[entry.tag];
  if (clean === undefined || (entry.tag === TAG.MAKER_NOTE && !hasNotes)) return [];
  const bytes = await tiff.reader.at(entry.start, Math.min(entry.bytes, MOST_VALUE_BYTES));
  return [{ start: entry.start, bytes: await clean(bytes) }];
}

const CLEAN: Readonly<Record<number, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
  [TAG.IPTC]: withoutPlacesIptc,
  [TAG.MAKER_NOTE]: makerNote,
  [TAG.PHOTOSHOP]: withoutPlacesPhotoshop,
  [TAG.XMP]: withoutPlacesXmp,
};

function makerNote(bytes: Uint8Array): Uint8Array {
  const isApple = new TextDecoder("latin1").decode(bytes.subarray(0, APPLE.length)) === APPLE;
  return isApple ? bytes.slice() : new Uint8Array(bytes.length);
}
