/** Reads a backup, and finds out whether it is whole: nothing of it counts before its end has said so. Next: `restoring.ts`. */
import { createHash } from "node:crypto";
import { type Ending, FIRST, FORMAT, LAST, type Manifest } from "./archive.ts";
import { STORE_FILE } from "./contents.ts";
import { BLOCK, paddingAfter, readTarHeader, type TarEntry } from "./tar.ts";

/** The names that a backup may have: none leads out of the folder that it is unpacked in. */
const NAMES = new RegExp(
  `^(${STORE_FILE.replace(".", "\\.")}|operator\\.key|files/[\\w-]{2,16}/[\\w-][\\w.-]*)$`,
);

/** What describes a backup is no longer than this. */
const WORDS_BYTES = 65_536;

/** Takes one file of a backup. */
export interface Sink {
  write(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  end(): Promise<void>;
}

export interface Unpacked {
  readonly manifest: Manifest;
  readonly ending: Ending;
  readonly files: number;
  readonly fileBytes: number;
  readonly storeBytes: number | undefined;
  readonly hasOperatorKey: boolean;
}

type Chunk = Uint8Array<ArrayBuffer>;

/**
 * Reads to the end. Rejects where it is no backup, of a later form, cut off or damaged.
 *
 * @param open takes a file of it; `undefined` where its content is not wanted
 */
export async function unpack(
  archive: AsyncIterable<Chunk>,
  open: (entry: TarEntry) => Promise<Sink | undefined>,
): Promise<Unpacked> {
  const bytes = new Bytes(archive);
  const manifest = await firstOf(bytes);
  const counted = { entries: 0, files: 0, fileBytes: 0 };
  let [storeBytes, hasOperatorKey]: [number | undefined, boolean] = [undefined, false];
  for (;;) {
    const [before, sha256] = [bytes.count, bytes.digest()];
    const entry = await headerOf(bytes);
    if (entry.name === LAST) {
      const ending = await words<Ending>(bytes, entry);
      requireSame(ending, { entries: counted.entries, bytes: before, sha256 });
      const { files, fileBytes } = counted;
      return { manifest, ending, files, fileBytes, storeBytes, hasOperatorKey };
    }
    if (!NAMES.test(entry.name)) throw new Error(`it has ${JSON.stringify(entry.name)} in it`);
    counted.entries++;
    if (entry.name === STORE_FILE) storeBytes = entry.bytes;
    else if (entry.name.includes("/")) {
      counted.files++;
      counted.fileBytes += entry.bytes;
    } else hasOperatorKey = true;
    await take(bytes, entry, await open(entry));
  }
}

async function firstOf(bytes: Bytes): Promise<Manifest> {
  const entry = await headerOf(bytes);
  if (entry.name !== FIRST) throw new Error("it is no backup of notifyli");
  const manifest = await words<Manifest>(bytes, entry);
  if (manifest.format <= FORMAT) return manifest;
  throw new Error(`its form is ${manifest.format}, this program knows up to ${FORMAT}`);
}

async function headerOf(bytes: Bytes): Promise<TarEntry> {
  const entry = readTarHeader(await bytes.exactly(BLOCK));
  if (entry === undefined) throw cutOff();
  return entry;
}

async function words<T>(bytes: Bytes, entry: TarEntry): Promise<T> {
  if (entry.bytes > WORDS_BYTES) throw new Error("it is no backup of notifyli");
  const text = new TextDecoder().decode(await bytes.exactly(entry.bytes));
  await bytes.exactly(paddingAfter(entry.bytes));
  return JSON.parse(text);
}

async function take(bytes: Bytes, entry: TarEntry, sink: Sink | undefined): Promise<void> {
  try {
    for (let left = entry.bytes; left > 0;) {
      const chunk = await bytes.upTo(left);
      left -= chunk.length;
      await sink?.write(chunk);
    }
    await bytes.exactly(paddingAfter(entry.bytes));
  } finally {
    await sink?.end();
  }
}

function requireSame(ending: Ending, found: Ending): void {
  if (ending.sha256 === found.sha256 && ending.entries === found.entries) return;
  throw new Error("it is damaged: its checksum is another one");
}

function cutOff(): Error {
  return new Error("it is not whole: its end is missing");
}

/** The bytes of an archive in pieces of the reader's choice, with the checksum of those that were read. */
class Bytes {
  readonly #iterator: AsyncIterator<Chunk>;
  readonly #hash = createHash("sha256");
  #rest: Chunk = new Uint8Array();
  /** How many were read. */
  count = 0;

  constructor(archive: AsyncIterable<Chunk>) {
    this.#iterator = archive[Symbol.asyncIterator]();
  }

  /** Of all bytes that were read so far, hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /** At least one byte, and no more than so many. */
  async upTo(most: number): Promise<Chunk> {
    while (this.#rest.length === 0) {
      const { value, done } = await this.#iterator.next();
      if (done) throw cutOff();
      this.#rest = value;
    }
    const chunk = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(chunk.length);
    this.#hash.update(chunk);
    this.count += chunk.length;
    return chunk;
  }

  async exactly(length: number): Promise<Chunk> {
    const whole = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const chunk = await this.upTo(length - at);
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
