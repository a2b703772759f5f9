/** Finds the places in a PSD: its resources have the Exif, XMP and IPTC data. */
import { type Reader, text, viewOf } from "../reader.ts";
import { withoutPlacesExif } from "./exif.ts";
import { RESOURCE, resourcesIn, withoutPlacesIptc } from "./iptc.ts";
import type { Patch } from "./patches.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** The colours stand behind the head, and say how long they are. */
const HEAD_BYTES = 26;
/** With previews, resources have some hundred KiB. */
const MOST_BYTES = 8 * 1024 * 1024;

const CLEAN: Readonly<Record<number, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> = {
  [RESOURCE.IPTC]: withoutPlacesIptc,
  [RESOURCE.EXIF]: withoutPlacesExif,
  [RESOURCE.EXIF_3]: withoutPlacesExif,
  [RESOURCE.XMP]: withoutPlacesXmp,
};

export async function psdPlaces(reader: Reader): Promise<Patch[]> {
  const head = await reader.at(0, HEAD_BYTES + 4);
  if (head.length < HEAD_BYTES + 4 || text(head, 0, 4) !== "8BPS") return [];
  const start = HEAD_BYTES + 4 + viewOf(head).getUint32(HEAD_BYTES);
  const length = await reader.at(start, 4);
  if (length.length < 4) return [];
  const bytes = (await reader.at(start + 4, Math.min(viewOf(length).getUint32(0), MOST_BYTES)))
    .slice();
  const patches: Patch[] = [];
  for (const { id, from, to } of resourcesIn(bytes)) {
    const clean = CLEAN[id];
    if (clean === undefined) continue;
    patches.push({ start: start + 4 + from, bytes: await clean(bytes.subarray(from, to)) });
  }
  return patches;
}
