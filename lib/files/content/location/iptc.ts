/** Takes the places out of IPTC data and of the resources of Photoshop, which have IPTC, XMP and Exif data in them. */
import { text, viewOf } from "../reader.ts";
import { withoutPlacesXmp } from "./xmp.ts";

/** Of record 2: codes and names of places, sublocation, city, province, country. */
const PLACES: ReadonlySet<number> = new Set([26, 27, 90, 92, 95, 100, 101]);
export const RESOURCE = { IPTC: 0x0404, EXIF: 0x0422, EXIF_3: 0x0423, XMP: 0x0424 };

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
  for (const { id, at, from, to } of resourcesIn(bytes)) {
    cleaned.set(bytes.subarray(at, from), at);
    cleaned.set(resource(id, bytes.subarray(from, to)), from);
  }
  return cleaned;
}

/** One of the resources of Photoshop: where it begins, and where its data are. */
interface Resource {
  readonly id: number;
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** As many as make sense. */
export function* resourcesIn(bytes: Uint8Array): Generator<Resource> {
  for (let at = 0; at + 12 <= bytes.length;) {
    if (!/^(8BIM|MeSa|AgHg|PHUT|DCSR)$/.test(text(bytes, at, at + 4))) break;
    const id = viewOf(bytes).getUint16(at + 4);
    const named = 1 + (bytes[at + 6] ?? 0);
    const head = at + 6 + named + named % 2;
    if (head + 4 > bytes.length) break;
    const from = head + 4;
    const to = from + viewOf(bytes).getUint32(head);
    if (to > bytes.length) break;
    yield { id, at, from, to };
    at = to + to % 2 - at % 2;
  }
}

function resource(id: number, bytes: Uint8Array): Uint8Array {
  if (id === RESOURCE.IPTC) return withoutPlacesIptc(bytes);
  if (id === RESOURCE.XMP) return withoutPlacesXmp(bytes);
  // The Exif data of an image stand elsewhere; these are copies of them.
  if (id === RESOURCE.EXIF || id === RESOURCE.EXIF_3) return new Uint8Array(bytes.length);
  return bytes;
}
