/** Reads the boxes of ISO BMFF, which HEIC, AVIF and JPEG XL are made of, and what HEIC and AVIF say of their items. */
import { type Reader, text, viewOf } from "./reader.ts";

/** Files have about five boxes at the top; JPEG XL has more where its image is in pieces. */
const MOST_BOXES = 256;
const MOST_META_BYTES = 1024 * 1024;

export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its content begins. */
  readonly content: number;
  /** The first byte behind it. */
  readonly end: number;
}

/** The boxes at the top of a file; as many as make sense. */
export async function topBoxes(reader: Reader): Promise<Box[]> {
  return await Array.fromAsync(boxesWithin(reader, 0, Number.MAX_SAFE_INTEGER));
}

/** The boxes from a place in a file to another one, such as those in a box; as many as make sense. */
export async function* boxesWithin(reader: Reader, from: number, to: number): AsyncGenerator<Box> {
  for (let [at, count] = [from, 0]; at < to && count < MOST_BOXES; count++) {
    const box = boxAt(await reader.at(at, 16), 0, at);
    if (box === undefined || box.end > to) return;
    yield box;
    at = box.end;
  }
}

/** @param base what is added to the places in the box */
function boxAt(bytes: Uint8Array, at: number, base: number): Box | undefined {
  if (bytes.length < at + 8) return undefined;
  const view = viewOf(bytes);
  const short = view.getUint32(at);
  const isLong = short === 1;
  if (isLong && bytes.length < at + 16) return undefined;
  const size = isLong ? Number(view.getBigUint64(at + 8)) : short === 0 // to the end of the file
    ? Number.MAX_SAFE_INTEGER - base - at
    : short;
  const head = isLong ? 16 : 8;
  if (size < head || !Number.isSafeInteger(base + at + size)) return undefined;
  const start = base + at;
  return { type: text(bytes, at + 4, at + 8), start, content: start + head, end: start + size };
}

/** The boxes inside a box that is in memory. */
function* boxesIn(bytes: Uint8Array, from: number, to: number): Generator<Box> {
  for (let at = from; at < to;) {
    const box = boxAt(bytes, at, 0);
    if (box === undefined || box.end > to) return;
    yield box;
    at = box.end;
  }
}

export interface Item {
  readonly id: number;
  readonly type: string;
  /** Where its bytes are in the file; none where that is not known. */
  readonly extents: readonly { readonly start: number; readonly length: number }[];
}

export interface HeifFacts {
  readonly items: readonly Item[];
  /** Pixels as the image is shown: those of the first image, after its turn. */
  readonly width: number;
  readonly height: number;
}

/** What the `meta` box says; `undefined` where there is none that makes sense. */
export async function heifFacts(reader: Reader): Promise<HeifFacts | undefined> {
  const meta = (await topBoxes(reader)).find((box) => box.type === "meta");
  if (meta === undefined || meta.end - meta.start > MOST_META_BYTES) return undefined;
  const bytes = await reader.at(meta.start, meta.end - meta.start);
  if (bytes.length < meta.end - meta.start) return undefined;
  const head = meta.content - meta.start + 4; // version and flags
  const parts = new Map([...boxesIn(bytes, head, bytes.length)].map((box) => [box.type, box]));
  const places = itemPlaces(bytes, parts, meta.start);
  const items = itemTypes(bytes, parts.get("iinf")).map(([id, type]) => ({
    id,
    type,
    extents: places.get(id) ?? [],
  }));
  return { items, ...shownSize(bytes, parts) };
}

/** Walks through the fields of a box; whatever is not there is read as 0, and `isOver` then. */
class Fields {
  #at: number;

  constructor(readonly bytes: Uint8Array, readonly box: Box) {
    this.#at = box.content;
  }

  get isOver(): boolean {
    return this.#at > this.box.end;
  }

  get at(): number {
    return this.#at;
  }

  number(size: number): number {
    let value = 0;
    for (let index = 0; index < size; index++) {
      const byte = this.#at < this.box.end ? this.bytes[this.#at] ?? 0 : 0;
      value = value * 256 + byte;
      this.#at++;
    }
    return value;
  }

  text(): string {
    const from = this.#at;
    while (this.#at < this.box.end && this.bytes[this.#at] !== 0) this.#at++;
    return text(this.bytes, from, this.#at++);
  }
}

function itemTypes(bytes: Uint8Array, box: Box | undefined): [number, string][] {
  if (box === undefined) return [];
  const from = box.content + 4 + ((bytes[box.content] ?? 0) === 0 ? 2 : 4);
  return [...boxesIn(bytes, from, box.end)].filter(({ type }) => type === "infe").map((each) => {
    const fields = new Fields(bytes, each);
    const version = fields.number(1);
    fields.number(3);
    const id = fields.number(version >= 3 ? 4 : 2);
    fields.number(2);
    const type = String.fromCharCode(...[1, 2, 3, 4].map(() => fields.number(1)));
    if (type !== "mime") return [id, type];
    fields.text();
    return [id, fields.text()];
  });
}

function itemPlaces(
  bytes: Uint8Array,
  parts: ReadonlyMap<string, Box>,
  base: number,
): Map<number, Item["extents"]> {
  const places = new Map<number, Item["extents"]>();
  const box = parts.get("iloc");
  if (box === undefined) return places;
  const fields = new Fields(bytes, box);
  const version = fields.number(1);
  fields.number(3);
  const sizes = fields.number(2);
  const [offset, length, origin] = [sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15];
  const index = version === 0 ? 0 : sizes & 15;
  const count = fields.number(version < 2 ? 2 : 4);
  for (let item = 0; item < count && !fields.isOver; item++) {
    const id = fields.number(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : fields.number(2) & 15;
    fields.number(2);
    const start = fields.number(origin) + startOf(method, parts.get("idat"), base);
    const extents: { start: number; length: number }[] = [];
    for (let left = fields.number(2); left > 0 && !fields.isOver; left--) {
      fields.number(index);
      extents.push({ start: start + fields.number(offset), length: fields.number(length) });
    }
    if (method < 2) places.set(id, extents.filter((each) => Number.isSafeInteger(each.start)));
  }
  return places;
}

/** Places of items count from the start of the file, or of the `idat` box. */
function startOf(method: number, idat: Box | undefined, base: number): number {
  if (method === 0) return 0;
  return idat === undefined ? NaN : base + idat.content;
}

function shownSize(
  bytes: Uint8Array,
  parts: ReadonlyMap<string, Box>,
): { width: number; height: number } {
  const size = { width: 0, height: 0 };
  const [pitm, iprp] = [parts.get("pitm"), parts.get("iprp")];
  if (pitm === undefined || iprp === undefined) return size;
  const primary = new Fields(bytes, pitm);
  const isShort = primary.number(1) === 0;
  primary.number(3);
  const id = primary.number(isShort ? 2 : 4);
  const inside = [...boxesIn(bytes, iprp.content, iprp.end)];
  const ipco = inside.find(({ type }) => type === "ipco");
  if (ipco === undefined) return size;
  const properties = [...boxesIn(bytes, ipco.content, ipco.end)];
  const numbers = inside.filter(({ type }) => type === "ipma")
    .flatMap((ipma) => propertiesOf(bytes, ipma, id));
  const had = numbers.map((number) => properties[number - 1]).filter((each) => each !== undefined);
  const ispe = had.find(({ type }) => type === "ispe");
  const irot = had.find(({ type }) => type === "irot");
  if (ispe === undefined) return size;
  const fields = new Fields(bytes, ispe);
  fields.number(4);
  const [width, height] = [fields.number(4), fields.number(4)];
  // Quarters of a turn.
  const isTurned = irot !== undefined && (bytes[irot.content] ?? 0) % 2 === 1;
  return isTurned ? { width: height, height: width } : { width, height };
}

/** Numbers of the properties that an item has, from 1. */
function propertiesOf(bytes: Uint8Array, box: Box, wanted: number): number[] {
  const fields = new Fields(bytes, box);
  const version = fields.number(1);
  const isWide = (fields.number(3) & 1) === 1;
  for (let left = fields.number(4); left > 0 && !fields.isOver; left--) {
    const id = fields.number(version < 1 ? 2 : 4);
    const numbers = Array.from(
      { length: fields.number(1) },
      () => isWide ? fields.number(2) & 0x7fff : fields.number(1) & 0x7f,
    );
    if (id === wanted) return numbers;
  }
  return [];
}
