/** Gives images in a small size: made when somebody first asks for one, and kept beside the file. */
import { logFor } from "../base/log.ts";
import { reasonOf } from "../base/reason.ts";
import { deleteLate } from "./late_writes.ts";
import { CLOCKS } from "../engines/database/clock.ts";
import type { Database } from "../engines/database/database.ts";
import type { Thumbnail, Thumbnails } from "./content/thumbnails.ts";
import type { FileCounters } from "./metrics.ts";
import type { FileStore } from "./store/file_store.ts";
import { noteWriting } from "./store/leases.ts";
import { type FileFacts, THUMBNAIL_WIDTHS, type ThumbnailWidth } from "./types.ts";

const log = logFor("files");

/** An image of more bytes is given out as it is: all of it would be in memory. */
const MAX_BYTES = 32 * 1024 * 1024;

/** How many are made at once; others wait. */
const AT_ONCE = 2;

/** So long a store may try to write one. */
const WRITING_MS = 30 * 60_000;

/** The types of thumbnails, by the bytes that they begin with. */
const TYPES: readonly [type: string, head: string][] = [
  ["image/webp", "RIFF"],
  ["image/jpeg", "\xff\xd8\xff"],
  ["image/png", "\x89PNG"],
];

interface ThumbnailingParts {
  readonly database: Database;
  readonly store: FileStore;
  readonly counters: FileCounters;
  /** `undefined` where none are made. */
  readonly thumbnails: Thumbnails | undefined;
}

export class Thumbnailing {
  readonly #parts: ThumbnailingParts;
  readonly #making = new Map<string, Promise<Thumbnail | undefined>>();
  #free = AT_ONCE;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: ThumbnailingParts) {
    this.#parts = parts;
  }

  /** The width of the thumbnail that is meant; `undefined` where the file itself is as good. */
  widthFor({ type, bytes, width }: FileFacts, wanted: number): ThumbnailWidth | undefined {
    if (this.#parts.thumbnails === undefined || !type.startsWith("image/") || bytes > MAX_BYTES) {
      return undefined;
    }
    const found = THUMBNAIL_WIDTHS.find((each) => each >= wanted) ?? THUMBNAIL_WIDTHS.at(-1);
    return width !== undefined && found !== undefined && found < width ? found : undefined;
  }

  /** `undefined` where none can be made of this image. */
  async get(file: FileFacts, width: ThumbnailWidth): Promise<Thumbnail | undefined> {
    const key = `${file.id} ${width}`;
    const making = this.#making.get(key);
    if (making !== undefined) return await making;
    const made = this.#keptOrMade(file, width).finally(() => this.#making.delete(key));
    this.#making.set(key, made);
    return await made;
  }

  async #keptOrMade(file: FileFacts, width: ThumbnailWidth): Promise<Thumbnail | undefined> {
    const kept = await this.#parts.store.read(file.id, width);
    if (kept !== undefined) {
      const bytes = await bytesOf(kept);
      return { type: typeOf(bytes), bytes };
    }
    await this.#place();
    try {
      return await this.#make(file, width);
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  async #make({ id }: FileFacts, width: ThumbnailWidth): Promise<Thumbnail | undefined> {
    const { database, store, counters, thumbnails } = this.#parts;
    const image = await store.read(id, "file");
    const made = image && await thumbnails?.make(await bytesOf(image), width);
    if (made === undefined) return undefined;
    // Where the file goes from now on, its row stays until this has ended, and this goes with it.
    const clock = CLOCKS[database.dialect];
    if (await database.transaction(() => noteWriting(id, clock, WRITING_MS))) {
      counters.thumbnails.value++;
      const startedAt = Date.now();
      await store.put(id, width, only(made.bytes)).catch(noted);
      // The row may have gone where this process stood still for so long.
      if (Date.now() - startedAt > WRITING_MS) await deleteLate(id, this.#parts).catch(noted);
    }
    return made;
  }

  async #place(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
  }
}

/** Whoever asked gets it all the same; the next one has it made again. */
function noted(error: unknown): void {
  log.error("a thumbnail cannot be kept: {reason}", { reason: reasonOf(error) });
}

async function bytesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function typeOf(bytes: Uint8Array): string {
  const head = String.fromCharCode(...bytes.subarray(0, 4));
  return TYPES.find(([, start]) => head.startsWith(start))?.[0] ?? "application/octet-stream";
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
