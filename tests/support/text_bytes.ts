/** Text as the bytes of a file that an editor saved in another encoding than UTF-8. */

export const BOM = "\ufeff";

/** @param bigEndian its order; the text has a byte-order mark if it begins with one */
export function utf16(text: string, bigEndian = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), !bigEndian);
  }
  return new Uint8Array(view.buffer);
}

/** Each character is one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}
