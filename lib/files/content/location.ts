/**
 * Takes the location out of images and films while they stream: where a photo was taken, which its sender rarely means to tell.
 * Its pixels, colours and orientation stay as they are, byte for byte, and so does its length. The libraries for that either
 * drop the orientation too, so that photos lie on their side, or want the whole image in memory.
 */
import { boxPlaces, heifPlaces } from "./location/boxes.ts";
import { placesIn } from "./location/exif.ts";
import { filmPlaces } from "./location/film.ts";
import { gifPlaces } from "./location/gif.ts";
import { jp2Places } from "./location/jp2.ts";
import { jpegWithoutPlaces } from "./location/jpeg.ts";
import { type Patch, patched } from "./location/patches.ts";
import { pngWithoutPlaces } from "./location/png.ts";
import { psdPlaces } from "./location/psd.ts";
import { ByteSource } from "./location/source.ts";
import { webpWithoutPlaces } from "./location/webp.ts";
import { type Read, Reader } from "./reader.ts";
import { Tiff } from "./tiff.ts";

/** Metadata can be anywhere in a TIFF, HEIC or film; more than this is not looked through. */
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
  "audio/mp4": filmPlaces,
  "audio/x-m4a": filmPlaces,
  "image/avif": heifPlaces,
  "image/gif": gifPlaces,
  "image/heic": heifPlaces,
  "image/heic-sequence": heifPlaces,
  "image/heif": heifPlaces,
  "image/heif-sequence": heifPlaces,
  "image/jp2": (reader) => jp2Places(reader),
  "image/jpm": (reader) => jp2Places(reader),
  "image/jpx": (reader) => jp2Places(reader),
  "image/jxl": boxPlaces,
  "image/tiff": (reader) => tiff(reader, { hasNotes: true }),
  "image/vnd.adobe.photoshop": psdPlaces,
  "image/x-adobe-dng": raw,
  "image/x-canon-cr2": raw,
  "image/x-canon-cr3": filmPlaces,
  "image/x-nikon-nef": raw,
  "image/x-sony-arw": raw,
  "video/3gpp": filmPlaces,
  "video/3gpp2": filmPlaces,
  "video/mp4": filmPlaces,
  "video/quicktime": filmPlaces,
  "video/x-m4v": filmPlaces,
};

/**
 * The same bytes without a location, and as many of them. `undefined` where none is found, or files of this type have none that
 * is looked for: they stay as they are, and are not written anew.
 *
 * @param type as `inspect` says it
 * @param read reads the same bytes anywhere: types whose metadata can be anywhere are looked through before they stream
 */
export async function withoutLocation(
  type: string,
  bytes: AsyncIterable<Uint8Array>,
  read: Read,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const streamed = STREAMED[type];
  if (streamed !== undefined) return stream(streamed, bytes);
  const patches = await LOOKED_THROUGH[type]?.(new Reader(read, MOST_BYTES)) ?? [];
  return patches.length === 0 ? undefined : patched(bytes, patches);
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

async function tiff(reader: Reader, options: { hasNotes: boolean }): Promise<Patch[]> {
  const opened = await Tiff.open(reader);
  return opened === undefined ? [] : await placesIn(opened, options);
}
