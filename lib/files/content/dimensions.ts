/** How many pixels an image has, as it is shown: `image-size` knows for most types; where its head does not tell, this reads on. */
import { imageSize } from "image-size";
import { heifFacts } from "./heif.ts";
import { type Reader, readerOf, text, viewOf } from "./reader.ts";
import { TAG, tiffTags } from "./tiff.ts";

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

const MOST_EXIF_BYTES = 64 * 1024;
/** Of what `image-size` is asked: it needs no more than a head, and walks through all that it gets. */
const HEAD_BYTES = 4096;
const MOST_CHUNKS = 64;
/** Of a JPEG: its segments before its pixels, of up to 64 KiB each, and the bytes that fill the room between them. */
const MOST_SEGMENTS = 1024;
/** Turned by a quarter: 5 to 8 of Exif. */
const isTurned = (orientation: number) => orientation >= 5 && orientation <= 8;

/** `undefined` where the type has none, or where nothing sensible is said. It never rejects but with what `read` does. */
export async function dimensionsOf(
  type: string,
  reader: Reader,
): Promise<Dimensions | undefined> {
  const found = await (HOW[type]?.(reader) ?? undefined);
  if (found === undefined || !(found.width > 0 && found.height > 0)) return undefined;
  return { width: found.width, height: found.height };
}

type How = (reader: Reader) => Promise<Dimensions | undefined>;

const HOW: Readonly<Record<string, How>> = {
  "image/apng": png,
  "image/avif": heifFacts,
  "image/bmp": byHead,
  "image/gif": byHead,
  "image/heic": heifFacts,
  "image/heif": heifFacts,
  "image/jp2": byHead,
  "image/jpeg": jpeg,
  "image/jxl": byHead,
  "image/png": png,
  "image/tiff": tiff,
  "image/vnd.adobe.photoshop": byHead,
  "image/webp": webp,
};

async function byHead(reader: Reader): Promise<Dimensions | undefined> {
  const head = await reader.at(0, HEAD_BYTES);
  try {
    return imageSize(head.slice());
  } catch {
    return undefined; // it is cut off, or nonsense
  }
}

function turned(size: Dimensions | undefined, orientation: number): Dimensions | undefined {
  if (size === undefined || !isTurned(orientation)) return size;
  return { width: size.height, height: size.width };
}

/** `image-size` needs all before the pixels at once, and knows three of the thirteen kinds of frames. */
async function jpeg(reader: Reader): Promise<Dimensions | undefined> {
  let orientation = 0;
  for (let at = 2, left = MOST_SEGMENTS; left > 0; left--) {
    const head = await reader.at(at, 10);
    const marker = head[1] ?? 0;
    if (head[0] !== 0xff || head.length < 4 || marker === 0xda || marker === 0xd9) return undefined;
    if (marker === 0xff) {
      at++;
      continue;
    }
    const view = viewOf(head);
    const length = view.getUint16(2);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame && head.length >= 9) {
      return turned({ height: view.getUint16(5), width: view.getUint16(7) }, orientation);
    }
    if (marker === 0xe1 && text(head, 4, 8) === "Exif") {
      orientation ||= await orientationOf(await reader.at(at + 10, Math.max(0, length - 8)));
    }
    at += 2 + Math.max(2, length);
  }
  return undefined;
}

async function orientationOf(exif: Uint8Array): Promise<number> {
  const start = text(exif, 0, 4) === "Exif" ? 6 : 0;
  return (await tiffTags(readerOf(exif.slice(start)), [TAG.ORIENTATION]))[0] ?? 0;
}

async function tiff(reader: Reader): Promise<Dimensions | undefined> {
  const tags = await tiffTags(reader, [TAG.WIDTH, TAG.HEIGHT, TAG.ORIENTATION]);
  const [width = 0, height = 0, orientation = 0] = tags;
  return turned({ width, height }, orientation);
}

async function png(reader: Reader): Promise<Dimensions | undefined> {
  const size = await byHead(reader);
  const exif = await chunkOf(reader, 8, "eXIf", (head) => {
    const view = viewOf(head);
    return { name: text(head, 4, 8), length: view.getUint32(0), next: 12 + view.getUint32(0) };
  });
  return turned(size, exif === undefined ? 0 : await orientationOf(exif));
}

async function webp(reader: Reader): Promise<Dimensions | undefined> {
  const size = await byHead(reader);
  const head = await reader.at(12, 9);
  const hasExif = text(head, 0, 4) === "VP8X" && ((head[8] ?? 0) & 8) !== 0;
  const exif = !hasExif ? undefined : await chunkOf(reader, 12, "EXIF", (head) => {
    const length = viewOf(head).getUint32(4, true);
    return { name: text(head, 0, 4), length, next: 8 + length + length % 2 };
  });
  return turned(size, exif === undefined ? 0 : await orientationOf(exif));
}

/** The content of the first chunk with this name, which begins 8 bytes after the chunk does. */
async function chunkOf(
  reader: Reader,
  start: number,
  wanted: string,
  read: (head: Uint8Array) => { name: string; length: number; next: number },
): Promise<Uint8Array | undefined> {
  for (let at = start, chunks = 0; chunks < MOST_CHUNKS; chunks++) {
    const head = await reader.at(at, 8);
    if (head.length < 8) return undefined;
    const { name, length, next } = read(head);
    if (name === wanted) return await reader.at(at + 8, Math.min(length, MOST_EXIF_BYTES));
    if (name === "IDAT") return undefined;
    at += next;
  }
  return undefined;
}
