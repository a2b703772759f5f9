/** Writes text as an editor saves it in another encoding than UTF-8. */

export const BOM = "\ufeff";

/** @param text has a byte-order mark if it begins with {@linkcode BOM} */
export function utf16(text: string, bigEndian = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(text.length * 2));
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), !bigEndian);
  }
  return new Uint8Array(view.buffer);
}

/** Text of which each character is one byte. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}
