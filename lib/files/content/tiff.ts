/**
 * Reads the directories (IFDs) of TIFF, which Exif data are, too: in a file of their own, or inside another image. Nothing of
 * it is believed: not the lengths, not that pointers lead somewhere, not that they do not lead in a circle.
 */
import { type Reader, viewOf } from "./reader.ts";

export const TAG = {
  WIDTH: 0x0100,
  HEIGHT: 0x0101,
  ORIENTATION: 0x0112,
  SUB_DIRECTORIES: 0x014a,
  XMP: 0x02bc,
  IPTC: 0x83bb,
  PHOTOSHOP: 0x8649,
  EXIF: 0x8769,
  GPS: 0x8825,
  MAKER_NOTE: 0x927c,
} as const;

/** Bytes of one value of each type of TIFF, by its number. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MOST_ENTRIES = 4096;

export interface Entry {
  readonly tag: number;
  readonly type: number;
  /** Where the value is, and how long it is. */
  readonly start: number;
  readonly bytes: number;
  /** Where the entry itself is. */
  readonly at: number;
}

export interface Directory {
  readonly start: number;
  /** The first byte behind it. */
  readonly end: number;
  readonly entries: readonly Entry[];
  /** Where the next one is; 0: there is none. */
  readonly next: number;
}

export class Tiff {
  private constructor(
    readonly reader: Reader,
    readonly isLittle: boolean,
    /** Whether offsets have 8 bytes, as in BigTIFF. */
    readonly isBig: boolean,
    /** Where the first directory is. */
    readonly first: number,
  ) {}

  /** `undefined`: it is no TIFF. */
  static async open(reader: Reader): Promise<Tiff | undefined> {
    const head = await reader.at(0, 16);
    if (head.length < 8) return undefined;
    const mark = String.fromCharCode(head[0] ?? 0, head[1] ?? 0);
    if (mark !== "II" && mark !== "MM") return undefined;
    const isLittle = mark === "II";
    const view = viewOf(head);
    const version = view.getUint16(2, isLittle);
    if (version === 42) return new Tiff(reader, isLittle, false, view.getUint32(4, isLittle));
    if (version !== 43 || head.length < 16) return undefined;
    return new Tiff(reader, isLittle, true, Number(view.getBigUint64(8, isLittle)));
  }

  get entryBytes(): number {
    return this.isBig ? 20 : 12;
  }

  get countBytes(): number {
    return this.isBig ? 8 : 2;
  }

  get offsetBytes(): number {
    return this.isBig ? 8 : 4;
  }

  /** `undefined`: there is none, or one that makes no sense. */
  async directory(start: number): Promise<Directory | undefined> {
    if (start < 8) return undefined;
    const head = await this.reader.at(start, this.countBytes);
    if (head.length < this.countBytes) return undefined;
    const count = this.isBig
      ? Number(viewOf(head).getBigUint64(0, this.isLittle))
      : viewOf(head).getUint16(0, this.isLittle);
    if (count > MOST_ENTRIES) return undefined;
    const body = count * this.entryBytes;
    const bytes = await this.reader.at(start + this.countBytes, body + this.offsetBytes);
    if (bytes.length < body) return undefined;
    const entries = Array.from({ length: count }, (_, index) => {
      const at = index * this.entryBytes;
      return this.#entry(bytes.subarray(at, at + this.entryBytes), start + this.countBytes + at);
    });
    const hasNext = bytes.length >= body + this.offsetBytes;
    const end = start + this.countBytes + body + (hasNext ? this.offsetBytes : 0);
    return { start, end, entries, next: hasNext ? this.#offset(bytes, body) : 0 };
  }

  #entry(bytes: Uint8Array, at: number): Entry {
    const view = viewOf(bytes);
    const type = view.getUint16(2, this.isLittle);
    const length = (TYPE_BYTES[type] ?? 0) * this.#offset(bytes, 4);
    const place = 4 + this.offsetBytes;
    return {
      tag: view.getUint16(0, this.isLittle),
      type,
      bytes: length,
      start: length <= this.offsetBytes ? at + place : this.#offset(bytes, place),
      at,
    };
  }

  #offset(bytes: Uint8Array, at: number): number {
    const view = viewOf(bytes);
    return this.isBig
      ? Number(view.getBigUint64(at, this.isLittle))
      : view.getUint32(at, this.isLittle);
  }

  /** The whole numbers that an entry has, at most `most`; none where it has others. */
  async numbers(entry: Entry, most = 1): Promise<number[]> {
    const size = TYPE_BYTES[entry.type] ?? 0;
    if (![3, 4, 13, 16, 18].includes(entry.type)) return [];
    const bytes = await this.reader.at(entry.start, Math.min(entry.bytes, most * size));
    const view = viewOf(bytes);
    return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) => {
      if (size === 2) return view.getUint16(index * 2, this.isLittle);
      if (size === 4) return view.getUint32(index * 4, this.isLittle);
      return Number(view.getBigUint64(index * 8, this.isLittle));
    });
  }
}

/** The first number of each of the tags, as far as they are in the first directory. */
export async function tiffTags(reader: Reader, tags: readonly number[]): Promise<number[]> {
  const tiff = await Tiff.open(reader);
  const directory = await tiff?.directory(tiff.first);
  return await Promise.all(tags.map(async (tag) => {
    const entry = directory?.entries.find((each) => each.tag === tag);
    return entry === undefined ? 0 : (await tiff?.numbers(entry))?.[0] ?? 0;
  }));
}
