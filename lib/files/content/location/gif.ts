/** Finds the places in a GIF: in its XMP, which stands between its images and, unlike these, is not in pieces. */
import { type Reader, text } from "../reader.ts";
import type { Patch } from "./patches.ts";
import { withoutPlacesXmp } from "./xmp.ts";

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const OF_A_PROGRAM = 0xff;
const XMP = "XMP DataXMP";
/** More is none that programs write. */
const MOST_XMP_BYTES = 256 * 1024;
/** What stands behind it has readers that know no XMP find its end, wherever they think that they are. */
const END = Uint8Array.of(0x01, 0xff, 0xfe, 0xfd);
const END_BYTES = 258;

/** Bytes that are looked through without a pause. */
const LOOKED_AT_ONCE = 64 * 1024;

export async function gifPlaces(reader: Reader): Promise<Patch[]> {
  const head = await reader.at(0, 13);
  if (text(head, 0, 3) !== "GIF") return [];
  const patches: Patch[] = [];
  for (let at = 13 + tableBytes(head[10]);;) {
    const [kind = 0, label = 0] = await reader.at(at, 2);
    if (kind === IMAGE) {
      const [flags = 0] = await reader.at(at + 9, 1);
      at = await behindPieces(reader, at + 11 + tableBytes(flags));
    } else if (kind !== EXTENSION) return patches;
    else if (label === OF_A_PROGRAM && text(await reader.at(at + 3, 11)) === XMP) {
      const start = at + 14;
      const xmp = await xmpAt(reader, start);
      const bytes = withoutPlacesXmp(xmp);
      if (bytes.some((byte, index) => byte !== xmp[index])) patches.push({ start, bytes });
      at = start + xmp.length + END_BYTES;
    } else at = await behindPieces(reader, at + 2);
  }
}

/** Bytes of a table of colours. */
function tableBytes(flags = 0): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}

/** Each piece says how long it is; one of no bytes is the end. */
async function behindPieces(reader: Reader, start: number): Promise<number> {
  for (let at = start;;) {
    const bytes = await reader.at(at, LOOKED_AT_ONCE);
    if (bytes.length === 0) return at;
    let next = 0;
    while (next < bytes.length) {
      const length = bytes[next] ?? 0;
      next += 1 + length;
      if (length === 0) return at + next;
    }
    at += next;
  }
}

async function xmpAt(reader: Reader, start: number): Promise<Uint8Array> {
  const bytes = (await reader.at(start, MOST_XMP_BYTES)).slice();
  for (let at = bytes.indexOf(END[0]!); at >= 0; at = bytes.indexOf(END[0]!, at + 1)) {
    if (END.every((byte, index) => bytes[at + index] === byte)) return bytes.subarray(0, at);
  }
  return bytes;
}
