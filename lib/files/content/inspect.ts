/** What the bytes of a file are. */
import type { ByteRange } from "../store/file_store.ts";

export interface Inspected {
  readonly type: string;
  readonly width?: number;
  readonly height?: number;
}

export interface InspectOptions {
  readonly name: string;
  readonly pixels: number;
}

/** Bytes by which a type is known. */
const HEADS: readonly [type: string, head: readonly number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["application/pdf", [0x25, 0x50, 0x44, 0x46]],
];

export async function inspect(
  read: (range: ByteRange) => Promise<Uint8Array>,
  bytes: number,
  _options: InspectOptions,
): Promise<Inspected> {
  const head = await read({ start: 0, end: Math.min(bytes, 16) });
  const known = HEADS.find(([, wanted]) => wanted.every((byte, at) => head[at] === byte));
  return { type: known?.[0] ?? "application/octet-stream" };
}

export function withoutLocation(
  _type: string,
  _bytes: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> | undefined {
  return undefined;
}

export function isInline(type: string): boolean {
  return /^(image\/(?!svg)|audio\/|video\/)/.test(type);
}
