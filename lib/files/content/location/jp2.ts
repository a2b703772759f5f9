/** Finds the places in JPEG 2000: its boxes of Exif, XMP and IPTC data are cleaned, and where on a map it belongs goes. */
import { boxesWithin } from "../heif.ts";
import type { Reader } from "../reader.ts";
import { cleanedBox, freedBox } from "./box_patches.ts";
import { withoutPlacesExif } from "./exif.ts";
import { withoutPlacesIptc } from "./iptc.ts";
import type { Patch } from "./patches.ts";
import { withoutPlacesXmp, XMP_BOX } from "./xmp.ts";

const CLEAN: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
  [XMP_BOX]: withoutPlacesXmp,
  "4a706754696666457869662d3e4a5032": withoutPlacesExif, // "JpgTiffExif->JP2"
  "33c7a4d2b81d4723a0baf1a3e097ad38": withoutPlacesIptc,
};
/** GeoJP2. */
const MAP = "b14bf8bd083d4b43a5ae8cd7d5a6ce03";

const MOST_DEPTH = 4;

export async function jp2Places(
  reader: Reader,
  { from = 0, to = Number.MAX_SAFE_INTEGER, depth = 0 } = {},
): Promise<Patch[]> {
  const patches: Patch[] = [];
  if (depth > MOST_DEPTH) return patches;
  for await (const box of boxesWithin(reader, from, to)) {
    const { type, content, end } = box;
    if (type === "asoc") {
      patches.push(...await jp2Places(reader, { from: content, to: end, depth: depth + 1 }));
    } else if (type === "xml ") {
      patches.push(...await cleanedBox(reader, box, 0, withoutPlacesXmp));
    } else if (type === "uuid") {
      const id = (await reader.at(content, 16)).toHex();
      const clean = CLEAN[id];
      if (clean !== undefined) patches.push(...await cleanedBox(reader, box, 16, clean));
      else if (id === MAP) patches.push(...await freedBox(reader, box));
    }
  }
  return patches;
}
