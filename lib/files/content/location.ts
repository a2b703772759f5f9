/**
 * Takes the location out of images while they stream: where a photo was taken, which its sender rarely means to tell. Its
 * pixels, colours and orientation stay as they are, byte for byte, and so does its length. The libraries for that either drop
 * the orientation too, so that photos lie on their side, or want the whole image in memory.
 */
import { boxPlaces, heifPlaces } from "./location/boxes.ts";
import { placesIn } from "./location/exif.ts";
import { jpegWithoutPlaces } from "./location/jpeg.ts";
import { type Patch, patched } from "./location/patches.ts";
import { pngWithoutPlaces } from "./location/png.ts";
import { ByteSource } from "./location/source.ts";
import { webpWithoutPlaces } from "./location/webp.ts";
import { type Read, Reader } from "./reader.ts";
import { Tiff } from "./tiff.ts";

/** Metadata can be anywhere in a TIFF or HEIC; more than this is not looked through. */
const MOST_BYTES = 16 * 1024 * 1024;

type Streamed = (source: ByteSource) => AsyncGenerator<Uint8Array>;
const STREAMED: Readonly<Record<string, Streamed>> = {
  "image/apng": pngWithoutPlaces,
  "image/jpeg": jpegWithoutPlaces,
  "image/png": pngWithoutPlaces,
  "image/webp": webpWithoutPlaces,
};

type Looked = (reader: Reader) => Promise<Patch[]>;
const raw: Looked = (reader) => tiff(reader, { hasNotes: false });
const LOOKED_THROUGH: Readonly<Record<string, Looked>> = {
  "image/avif": heifPlaces,
  "image/heic": heifPlaces,
  "image/heic-sequence": heifPlaces,
  "image/heif": heifPlaces,
  "image/heif-sequence": heifPlaces,
  "image/jxl": boxPlaces,
  "image/tiff": (reader) => tiff(reader, { hasNotes: true }),
  "image/x-adobe-dng": raw,
  "image/x-canon-cr2": raw,
  "image/x-nikon-nef": raw,
  "image/x-sony-arw": raw,
};

/**
 * The same bytes without a location, and as many of them. `undefined` where files of this type have none that is looked for:
 * they stay as they are.
 *
 * @param type as `inspect` says it
 * @param read reads the same bytes anywhere: types whose metadata can be anywhere are looked through before they stream
 */
export function withoutLocation(
  type: string,
  bytes: AsyncIterable<Uint8Array>,
  read: Read,
): AsyncIterable<Uint8Array> | undefined {
  const streamed = STREAMED[type];
  if (streamed !== undefined) return stream(streamed, bytes);
  const looked = LOOKED_THROUGH[type];
  return looked === undefined ? undefined : look(looked, bytes, read);
}

async function* stream(
  streamed: Streamed,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(bytes);
  try {
    yield* streamed(source);
  } finally {
    await source.close();
  }
}

async function* look(
  looked: Looked,
  bytes: AsyncIterable<Uint8Array>,
  read: Read,
): AsyncGenerator<Uint8Array> {
  yield* patched(bytes, await looked(new Reader(read, MOST_BYTES)));
}

async function tiff(reader: Reader, options: { hasNotes: boolean }): Promise<Patch[]> {
  const opened = await Tiff.open(reader);
  return opened === undefined ? [] : await placesIn(opened, options);
}
