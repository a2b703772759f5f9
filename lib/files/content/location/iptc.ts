/** Takes the places out of IPTC data and of the resources of Photoshop, which have IPTC, XMP and Exif data in them. */
import { text, viewOf } from "../reader.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** Of record 2: codes and names of places, sublocation, city, province, country. */
const PLACES: ReadonlySet<number> = new Set([26, 27, 90, 92, 95, 100, 101]);
const RESOURCE = { IPTC: 0x0404, EXIF: 0x0422, EXIF_3: 0x0423, XMP: 0x0424 };

/** As many bytes: zeros behind those that stay, which move up. What is no IPTC data goes, too. */
export function withoutPlacesIptc(bytes: Uint8Array): Uint8Array {
  const cleaned = new Uint8Array(bytes.length);
  let kept = 0;
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 0x1c;) {
    const length = viewOf(bytes).getUint16(at + 3);
    const end = at + 5 + length;
    if (length >= 0x8000 || end > bytes.length) break;
    if (bytes[at + 1] !== 2 || !PLACES.has(bytes[at + 2] ?? 0)) {
      cleaned.set(bytes.subarray(at, end), kept);
      kept += end - at;
    }
    at = end;
  }
  return cleaned;
}

/** As many bytes; zeros from where they are no resources, such as in those that go on in the next segment of a JPEG. */
export function withoutPlacesPhotoshop(bytes: Uint8Array): Uint8Array {
  const cleaned = new Uint8Array(bytes.length);
  for (let at = 0; at + 12 <= bytes.length;) {
    if (!/^(8BIM|MeSa|AgHg|PHUT|DCSR)$/.test(text(bytes, at, at + 4))) break;
    const id = viewOf(bytes).getUint16(at + 4);
    const named = 1 + (bytes[at + 6] ?? 0);
    const head = at + 6 + named + named % 2;
    if (head + 4 > bytes.length) break;
    const start = head + 4;
    const end = start + viewOf(bytes).getUint32(head);
    if (end > bytes.length) break;
    cleaned.set(bytes.subarray(at, start), at);
    cleaned.set(resource(id, bytes.subarray(start, end)), start);
    at = end + end % 2 - at % 2;
  }
  return cleaned;
}

function resource(id: number, bytes: Uint8Array): Uint8Array {
  if (id === RESOURCE.IPTC) return withoutPlacesIptc(bytes);
  if (id === RESOURCE.XMP) return withoutPlacesXmp(bytes);
  // The Exif data of an image stand elsewhere; these are copies of them.
  if (id === RESOURCE.EXIF || id === RESOURCE.EXIF_3) return new Uint8Array(bytes.length);
  return bytes;
}
