/** What tests of places in images and films share: what says one, and how a file loses it. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { withoutLocation } from "../../../lib/files/content/location.ts";
import { LATITUDE, TOWN } from "./images.ts";

/** Names of tags that say a place, in any group. */
const PLACE = /gps|city|location|country|state|latitude|longitude/i;
/** Those that differ without a place in them: what is said of the file as a whole, and where its parts are. */
const OF_THE_FILE = /^(File|System|ExifTool|Composite):|Offset|Start|MediaDataSize/;

type Tags = Readonly<Record<string, unknown>>;

export function namesOfPlaces(tags: Tags): string[] {
  return Object.keys(tags).filter((name) => PLACE.test(name));
}

export function others(tags: Tags): Tags {
  return Object.fromEntries(
    Object.entries(tags).filter(([name]) => !PLACE.test(name) && !OF_THE_FILE.test(name)),
  );
}

/** Neither as text nor as Exif has it. */
export function assertSaysNoPlace(image: Uint8Array): void {
  const bytes = Buffer.from(image);
  for (const text of [TOWN, "51.5073", "51,30.4"]) {
    assert.ok(!bytes.includes(text) && !bytes.includes(Buffer.from(text, "utf16le")), text);
  }
  const degrees = [51, 1, 30, 1];
  for (const isLittle of [true, false]) {
    const exif = Buffer.alloc(16);
    degrees.forEach((each, at) =>
      isLittle ? exif.writeUInt32LE(each, at * 4) : exif.writeUInt32BE(each, at * 4)
    );
    assert.ok(!bytes.includes(exif), `${LATITUDE} as Exif has it`);
  }
}

/** The file without its places. @param size of the pieces that it comes in */
export async function cleaned(
  type: string,
  image: Uint8Array,
  size = 65536,
): Promise<Uint8Array> {
  const read = ({ start, end }: { start: number; end: number }) =>
    Promise.resolve(image.subarray(start, end));
  const stream = await withoutLocation(type, pieces(image, size), read);
  return joined(...await Array.fromAsync(stream ?? pieces(image, size)));
}

export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export function latin1(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** A box of ISO BMFF. */
export function box(type: string, ...contents: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = contents.map((each) => typeof each === "string" ? latin1(each) : each);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 8));
  return joined(head, latin1(type), ...parts);
}

interface Damage {
  readonly changes: readonly (readonly [number, number])[];
  readonly cut: number | null;
}

/** @param length of what is damaged */
export function damage(length: number): fc.Arbitrary<Damage> {
  const change = fc.tuple(
    fc.oneof(fc.nat(length - 1), fc.nat(400)),
    fc.constantFrom(0, 1, 0xff, 0x7f, 0x2a, 0xd8, 0xd9, 0xe1, 8),
  );
  return fc.record({
    changes: fc.array(change, { minLength: 1, maxLength: 12 }),
    cut: fc.option(fc.nat(length)),
  });
}

export function damaged(image: Uint8Array, { changes, cut }: Damage): Uint8Array {
  const broken = image.slice(0, cut ?? image.length);
  for (const [at, byte] of changes) if (at < broken.length) broken[at] = byte;
  return broken;
}
