/** Damages a SQLite file as a broken disk does: whole pages of it become other bytes. */

const PAGE_BYTES = 4096;

/** Writes random bytes over each page that has a text, but for the first page. */
export function damagePages(file: string, text: string): void {
  const bytes = Deno.readFileSync(file);
  const part = new TextEncoder().encode(text.slice(0, 64));
  for (let at = PAGE_BYTES; at < bytes.length; at += PAGE_BYTES) {
    const page = bytes.subarray(at, at + PAGE_BYTES);
    if (holds(page, part)) crypto.getRandomValues(page);
  }
  Deno.writeFileSync(file, bytes);
}

function holds(page: Uint8Array, part: Uint8Array): boolean {
  const first = part[0] ?? 0;
  for (let at = page.indexOf(first); at >= 0; at = page.indexOf(first, at + 1)) {
    if (part.every((byte, index) => page[at + index] === byte)) return true;
  }
  return false;
}
