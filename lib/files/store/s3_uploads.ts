/**
 * What is coming, in a bucket: pieces of 8 MiB, of which the last is written anew until it is whole. So what has come can be read,
 * which parts of a multipart upload cannot; in the end the store itself joins the pieces.
 */
import type { S3Client } from "./s3_client.ts";
import { S3Failure } from "./s3_failure.ts";
import type { S3Keys } from "./s3_keys.ts";
import { S3Multipart } from "./s3_multipart.ts";
import { elementsOf, textOf } from "./s3_xml.ts";

/** One piece of each upload that comes is in memory at the most. S3 joins pieces of 5 MiB or more. */
export const PIECE_BYTES = 8 * 1024 * 1024;
/** As many as S3 lists at once. */
const MOST_LISTED = 1000;
/** Requests at once for one file. */
const AT_ONCE = 4;

/** A part of what has come of an upload. */
interface Piece {
  readonly index: number;
  readonly bytes: number;
}

export class S3Uploads {
  readonly #client: S3Client;
  readonly #keys: S3Keys;

  constructor(client: S3Client, keys: S3Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** @param sure is asked before each attempt, and rejects where no more may be made */
  async write(
    id: string,
    index: number,
    piece: Uint8Array<ArrayBuffer>,
    sure?: () => Promise<void>,
  ): Promise<void> {
    const key = this.#keys.piece(id, index);
    await this.#client.send({ method: "PUT", key, body: piece }, sure);
  }

  /**
   * Removes the pieces behind the offset, which are of a crash. Resolves with the last one that is left, where it goes beyond the
   * offset, and how many of its bytes are before it. Rejects where something before it is missing.
   */
  async longTail(id: string, offset: number): Promise<Piece | undefined> {
    const whole = Math.floor(offset / PIECE_BYTES);
    const bytes = offset % PIECE_BYTES;
    const kept = whole + (bytes > 0 ? 1 : 0);
    const pieces = await this.#coming(id);
    const safe = pieces.filter(({ index }) => index < kept);
    const isThere = safe.length === kept &&
      safe.slice(0, whole).every((each) => each.bytes === PIECE_BYTES) &&
      (safe[whole]?.bytes ?? 0) >= bytes;
    if (!isThere) throw new Error(`the upload ${id} has not the ${offset} bytes that were safe`);
    await this.#deletePieces(id, pieces.filter(({ index }) => index >= kept));
    const isLong = bytes > 0 && safe[whole]?.bytes !== bytes;
    return isLong ? { index: whole, bytes } : undefined;
  }

  /** The first bytes of a piece. Rejects where it has fewer. */
  async readPiece(id: string, index: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const stream = await this.#client.open(this.#keys.piece(id, index), 0, bytes);
    const read = new Uint8Array(await new Response(stream).arrayBuffer());
    if (read.length === bytes) return read;
    throw new Error(`the piece ${index} of the upload ${id} has ${read.length} of ${bytes} bytes`);
  }

  /** Bytes of the pieces that follow each other from the first one on, of an upload of this length. */
  async arrived(id: string, length: number): Promise<number> {
    const pieces = await this.#coming(id);
    let there = 0;
    for (const [at, { index, bytes }] of pieces.entries()) {
      const isWhole = bytes === Math.min(PIECE_BYTES, length - there);
      if (index !== at || !isWhole || bytes === 0) break;
      there += bytes;
    }
    return there;
  }

  /** `undefined`: there is no upload. */
  async read(
    id: string,
    start: number,
    end: number,
  ): Promise<AsyncGenerator<Uint8Array<ArrayBuffer>> | undefined> {
    const pieces = await this.#coming(id);
    return pieces[0]?.index === 0 ? this.#joined(id, pieces, start, end) : undefined;
  }

  async *#joined(
    id: string,
    pieces: readonly Piece[],
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let first = 0;
    for (const { index, bytes } of pieces) {
      const [from, to] = [Math.max(0, start - first), Math.min(bytes, end - first)];
      first += bytes;
      if (from >= to) continue;
      const body = await this.#client.open(this.#keys.piece(id, index), from, to);
      if (body === undefined) throw new Error(`the piece ${index} of the upload ${id} is gone`);
      yield* body;
    }
  }

  /** Makes the upload of so many bytes the object of this key; resolves with false where there is none. */
  async become(id: string, key: string, bytes: number): Promise<boolean> {
    const pieces = await this.#coming(id);
    // The first piece is the first to go, so without it this was done before.
    const isThere = pieces[0]?.index === 0;
    if (isThere) requireAll(id, pieces, bytes);
    if (isThere && pieces.length === 1) {
      const headers = { "x-amz-copy-source": this.#keys.source(this.#keys.piece(id, 0)) };
      await this.#client.send({ method: "PUT", key, headers });
    } else if (isThere) await this.#join(id, pieces, key);
    await this.#deleteInOrder(id, pieces);
    return isThere;
  }

  async #join(id: string, pieces: readonly Piece[], key: string): Promise<void> {
    const parts = await S3Multipart.begin(this.#client, key);
    try {
      await each(pieces, async ({ index }) => {
        await parts.copy(index + 1, this.#keys.source(this.#keys.piece(id, index)));
      });
      await parts.complete();
    } catch (error) {
      await parts.abort().catch(() => {}); // whoever deletes the upload finds them
      throw error;
    }
  }

  /** Harmless where there is none. */
  async delete(id: string): Promise<void> {
    await this.#deleteInOrder(id, await this.#coming(id));
  }

  async #deleteInOrder(id: string, pieces: readonly Piece[]): Promise<void> {
    await this.#deletePieces(id, pieces.slice(0, 1));
    await this.#deletePieces(id, pieces.slice(1));
  }

  async #deletePieces(id: string, pieces: readonly Piece[]): Promise<void> {
    await this.deleteAll(pieces.map(({ index }) => this.#keys.piece(id, index)));
  }

  async deleteAll(keys: readonly string[]): Promise<void> {
    await each(keys, async (key) => {
      try {
        await this.#client.send({ method: "DELETE", key });
      } catch (error) {
        if (!(error instanceof S3Failure && error.isMissing)) throw error; // not all say 204 then
      }
    });
  }

  async #coming(id: string): Promise<readonly Piece[]> {
    const pieces: Piece[] = [];
    for (;;) {
      const last = pieces.at(-1);
      const after = last === undefined ? "" : this.#keys.piece(id, last.index);
      const { found, isMore } = await this.list(this.#keys.folder(id), after, MOST_LISTED);
      const more = found.filter(({ name }) => /^\d{5}$/.test(name));
      pieces.push(...more.map(({ name, bytes }) => ({ index: Number(name), bytes })));
      if (!isMore || more.length === 0) return pieces;
    }
  }

  /** The objects whose keys begin so, in order; `isMore`: there are others behind them. */
  async list(
    prefix: string,
    after: string,
    most: number,
  ): Promise<{ found: { name: string; bytes: number }[]; isMore: boolean }> {
    const query = {
      "list-type": "2",
      "max-keys": `${most}`,
      prefix,
      ...(after === "" ? {} : { "start-after": after }),
    };
    const { xml } = await this.#client.send({ method: "GET", key: "", query });
    const found = elementsOf(xml, "Contents").map((each) => ({
      // Stores differ in how they write what stands before it.
      name: textOf(each, "Key").replace(/^.*\//s, ""),
      bytes: Number(textOf(each, "Size")),
    }));
    return { found, isMore: textOf(xml, "IsTruncated") === "true" };
  }
}

function requireAll(id: string, pieces: readonly Piece[], bytes: number): void {
  if (pieces.some(({ index }, at) => index !== at)) {
    throw new Error(`the upload ${id} lacks a piece`);
  }
  const there = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  if (there !== bytes) throw new Error(`the upload ${id} has ${there} bytes, and not ${bytes}`);
}

/** Does something with each item, with a few at once. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
