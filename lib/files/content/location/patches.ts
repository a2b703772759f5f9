/** Overwrites places in bytes and keeps their number, so that nothing moves to which something else in the file points. */

export interface Patch {
  readonly start: number;
  /** What is there from then on. */
  readonly bytes: Uint8Array;
}

/** Writes into `bytes`, which are those of the file from `offset` on, as much of the patches as falls in there. */
export function patch(bytes: Uint8Array, patches: readonly Patch[], offset = 0): void {
  for (const { start, bytes: written } of patches) {
    const from = Math.max(start, offset);
    const to = Math.min(start + written.length, offset + bytes.length);
    if (from < to) bytes.set(written.subarray(from - start, to - start), from - offset);
  }
}

export async function* patched(
  bytes: AsyncIterable<Uint8Array>,
  patches: readonly Patch[],
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  for await (const chunk of bytes) {
    const end = offset + chunk.length;
    const here = patches.filter((each) =>
      each.start < end && each.start + each.bytes.length > offset
    );
    const written = here.length === 0 ? chunk : chunk.slice();
    patch(written, here, offset);
    yield written;
    offset = end;
  }
}
