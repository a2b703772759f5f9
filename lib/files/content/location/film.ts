/**
 * Finds the places in films and sounds of the family of MP4 (MOV, 3GP, M4A), and in Canon's raw photos, which are made of the
 * same boxes. What says where a film was taken becomes `free`, which all players skip, and keeps its length, so that what points
 * to pictures and sound stays right. What a camera records all along, in a track of its own, stays: it is a part of the film.
 */
import { type Box, boxesWithin } from "../heif.ts";
import { type Reader, readerOf, text, viewOf } from "../reader.ts";
import { Tiff } from "../tiff.ts";
import { cleanedBox, freedBox } from "./box_patches.ts";
import { placesIn } from "./exif.ts";
import { type Patch, patch } from "./patches.ts";
import { withoutPlacesXmp, XMP_BOX } from "./xmp.ts";

/** Boxes that have others in them; none of these holds a place itself. */
const AROUND: ReadonlySet<string> = new Set(["moov", "trak", "udta"]);
/** How deep they stand in each other: a film, its track, the data of that, and what is said in these. */
const MOST_DEPTH = 5;

/** What says a place as a whole, in the data of users: of QuickTime, of 3GPP, and of action cameras. */
const PLACES: ReadonlySet<string> = new Set(["\xa9xyz", "loci", "GPMF"]);

/** Names of what QuickTime and others say of a film. */
const NAME = /location|gps|latitude|longitude|coordinates/i;

/** Of Canon's boxes: the data of a photo as Exif has them, and where it was taken. */
const CANON = "85c0b687820f11e08111f4ce462b6a48";
const CANON_FACTS = "CMT1";
const CANON_PLACE = "CMT4";

/** Metadata of more bytes is none that cameras write. */
const MOST_BYTES = 1024 * 1024;

export async function filmPlaces(reader: Reader): Promise<Patch[]> {
  return await within(reader, 0, Number.MAX_SAFE_INTEGER, 0);
}

async function within(reader: Reader, from: number, to: number, depth: number): Promise<Patch[]> {
  const patches: Patch[] = [];
  if (depth > MOST_DEPTH) return patches;
  for await (const box of boxesWithin(reader, from, to)) {
    if (box.type === "moof") break; // the film itself, in pieces: what is said of it stands before
    patches.push(...await placesOf(reader, box, depth));
  }
  return patches;
}

async function placesOf(reader: Reader, box: Box, depth: number): Promise<Patch[]> {
  const { type, content, end } = box;
  if (AROUND.has(type)) return await within(reader, content, end, depth + 1);
  if (PLACES.has(type)) return await freedBox(reader, box);
  if (type === "XMP_") return await cleanedBox(reader, box, 0, withoutPlacesXmp);
  if (type === "meta") return await said(reader, box);
  if (type !== "uuid") return [];
  const id = (await reader.at(content, 16)).toHex();
  if (id === XMP_BOX) return await cleanedBox(reader, box, 16, withoutPlacesXmp);
  return id === CANON ? await canon(reader, box) : [];
}

/** What is said of a film: a list of names and one of values, or values that are named by their types, or XML. */
async function said(reader: Reader, { content, end }: Box): Promise<Patch[]> {
  const head = await reader.at(content, 12);
  const isPlain = text(head, 4, 8) === "hdlr"; // else version and flags stand before its boxes
  const boxes = await Array.fromAsync(boxesWithin(reader, isPlain ? content : content + 4, end));
  const named = (type: string) => boxes.find((box) => box.type === type);
  const names = await namesIn(reader, named("keys"));
  const patches: Patch[] = [];
  for (const name of names) {
    if (NAME.test(name.text)) patches.push({ start: name.start, bytes: dots(name.text.length) });
  }
  const [values, xml] = [named("ilst"), named("xml ")];
  if (values !== undefined) patches.push(...await valuesIn(reader, values, names));
  if (xml !== undefined) patches.push(...await xmlPlaces(reader, xml));
  return patches;
}

interface Name {
  readonly text: string;
  readonly start: number;
}

async function namesIn(reader: Reader, keys: Box | undefined): Promise<Name[]> {
  if (keys === undefined || keys.end - keys.content > MOST_BYTES) return [];
  const bytes = (await reader.at(keys.content, keys.end - keys.content)).slice();
  const names: Name[] = [];
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = viewOf(bytes).getUint32(at);
    if (length < 8 || at + length > bytes.length) break;
    const name = new TextDecoder("latin1").decode(bytes.subarray(at + 8, at + length));
    names.push({ text: name, start: keys.content + at + 8 });
    at += length;
  }
  return names;
}

async function valuesIn(reader: Reader, list: Box, names: readonly Name[]): Promise<Patch[]> {
  const patches: Patch[] = [];
  for await (const value of boxesWithin(reader, list.content, list.end)) {
    const head = (await reader.at(value.start, 256)).slice();
    const name = head.length < 8 ? undefined : names[viewOf(head).getUint32(4) - 1];
    if (name !== undefined) {
      if (NAME.test(name.text)) patches.push(...await cleanedBox(reader, value, 16, spaces));
    } else if (PLACES.has(value.type)) patches.push(...await freedBox(reader, value));
    else if (value.type === "----" && NAME.test(ownName(head))) {
      patches.push(...await freedBox(reader, value));
    }
  }
  return patches;
}

/** The name of a value that a program has named itself. */
function ownName(head: Uint8Array): string {
  const [, name = ""] = new TextDecoder("latin1").decode(head).split("name\0\0\0\0");
  return name.slice(0, 64);
}

/** Video cameras keep their facts as XML, by names in its attributes, too. */
async function xmlPlaces(reader: Reader, box: Box): Promise<Patch[]> {
  const bytes = (await reader.at(box.content, Math.min(box.end - box.content, MOST_BYTES))).slice();
  const words = new TextDecoder("latin1").decode(bytes);
  return /gps|latitude|longitude/i.test(words) ? await freedBox(reader, box) : [];
}

async function canon(reader: Reader, { content, end }: Box): Promise<Patch[]> {
  const patches: Patch[] = [];
  for await (const box of boxesWithin(reader, content + 16, end)) {
    if (box.type === CANON_PLACE) patches.push(...await freedBox(reader, box));
    if (box.type === CANON_FACTS) patches.push(...await cleanedBox(reader, box, 0, tiff));
  }
  return patches;
}

async function tiff(bytes: Uint8Array): Promise<Uint8Array> {
  const opened = await Tiff.open(readerOf(bytes));
  const cleaned = bytes.slice();
  if (opened !== undefined) patch(cleaned, await placesIn(opened, { hasNotes: false }));
  return cleaned;
}

function spaces(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.length).fill(0x20);
}

/** A name that nobody knows. */
function dots(length: number): Uint8Array {
  return new Uint8Array(length).fill(0x2e);
}
