/**
 * Files in an S3 bucket: `files/<id>`, `thumbnails/<id>/<width>`, and uploads as pieces of 8 MiB, `uploads/<id>/00000` and so on,
 * of which the last is written anew until it is whole. So what has come of an upload can be read, which parts of a multipart upload
 * cannot; in the end the store itself joins the pieces. Next: `s3_client.ts`, which makes the requests.
 */
import type { S3Config } from "../settings.ts";
import { THUMBNAIL_WIDTHS } from "../types.ts";
import {
  AppendFailure,
  type ByteRange,
  type DownloadLink,
  type FileStore,
  type Place,
  type StoreRequest,
  type UploadLink,
} from "./file_store.ts";
import { S3Client } from "./s3_client.ts";
import { appendFailure, S3Failure, unavailable } from "./s3_failure.ts";
import { S3Multipart } from "./s3_multipart.ts";
import { Pieces } from "./s3_pieces.ts";
import { elementsOf, textOf } from "./s3_xml.ts";

/** One piece of each upload that comes is in memory. S3 joins pieces of 5 MiB or more. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** As many as S3 joins: 78 GiB. */
const MOST_PIECES = 10_000;
/** Requests at once for one file. */
const AT_ONCE = 4;

interface Piece {
  readonly key: string;
  readonly bytes: number;
}

export class S3Store implements FileStore {
  readonly kind = "s3";
  readonly #config: S3Config;
  readonly #client: S3Client;
  readonly #appending = new Set<string>();
  #probing: Promise<void> | undefined;

  private constructor(config: S3Config) {
    this.#config = config;
    this.#client = new S3Client(config);
  }

  /** Rejects where the bucket cannot be used with these settings. A store that cannot be reached now may be later. */
  static async open(config: S3Config): Promise<S3Store> {
    const store = new S3Store(config);
    try {
      await store.#probe();
    } catch (error) {
      if (error instanceof S3Failure && error.isTemporary) return store;
      await store[Symbol.asyncDispose]();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot keep files in a bucket: ${reason}`, { cause: error });
    }
    return store;
  }

  async append(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number> {
    if (this.#appending.has(id)) throw new AppendFailure("busy", offset, undefined);
    this.#appending.add(id);
    try {
      return await this.#append(id, offset, body);
    } finally {
      this.#appending.delete(id);
    }
  }

  async #append(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<number> {
    let safe = offset;
    try {
      const rest = await this.#rest(id, offset);
      const pieces = new Pieces(
        PIECE_BYTES,
        rest,
        Math.floor(offset / PIECE_BYTES),
        async (bytes, index) => {
          await this.#client.send({ method: "PUT", key: this.#pieceKey(id, index), body: bytes });
          safe = index * PIECE_BYTES + bytes.length;
        },
      );
      const broken = await pieces.take(body);
      await pieces.end();
      if (broken === undefined) return safe;
      throw new AppendFailure("body", safe, broken.error);
    } catch (error) {
      throw appendFailure(error, safe);
    }
  }

  /** The bytes before the offset that are in no whole piece. What lies behind it is of a crash, and goes. */
  async #rest(id: string, offset: number): Promise<Uint8Array<ArrayBuffer>> {
    const whole = Math.floor(offset / PIECE_BYTES);
    const bytes = offset % PIECE_BYTES;
    const pieces = await this.#pieces(id);
    const isThere = pieces.slice(0, whole).every((each) => each.bytes === PIECE_BYTES) &&
      pieces.length >= whole + (bytes > 0 ? 1 : 0) && (pieces[whole]?.bytes ?? 0) >= bytes;
    if (!isThere) throw new Error(`the upload ${id} has not the ${offset} bytes that were safe`);
    await this.#deleteAll(pieces.slice(whole + (bytes > 0 ? 1 : 0)).map(({ key }) => key));
    if (bytes === 0) return new Uint8Array();
    const key = this.#pieceKey(id, whole);
    const stream = await this.#client.open(key, 0, bytes);
    const rest = new Uint8Array(await new Response(stream).arrayBuffer());
    if (pieces[whole]?.bytes !== bytes) await this.#client.send({ method: "PUT", key, body: rest });
    return rest;
  }

  async complete(id: string): Promise<void> {
    const pieces = await doing(() => this.#pieces(id));
    await doing(async () => {
      // The first piece is the first to go: where it is not there, the file is.
      if (pieces[0]?.key !== this.#pieceKey(id, 0)) {
        if (!await this.#isThere(this.#key(id, "file"))) {
          throw new Error(`there is no upload ${id}`);
        }
      } else if (pieces.length === 1) await this.#copy(pieces[0].key, this.#key(id, "file"));
      else await this.#join(id, pieces);
      await this.#deleteUpload(id, pieces);
    });
  }

  async #isThere(key: string): Promise<boolean> {
    try {
      await this.#client.send({ method: "HEAD", key });
      return true;
    } catch (error) {
      if (error instanceof S3Failure && error.isMissing) return false;
      throw error;
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    const headers = { "x-amz-copy-source": this.#source(from) };
    await this.#client.send({ method: "PUT", key: to, headers });
  }

  async #join(id: string, pieces: readonly Piece[]): Promise<void> {
    await S3Multipart.abandon(this.#client, this.#noteKey(id)); // of an attempt that a crash ended
    const parts = await S3Multipart.begin(
      this.#client,
      this.#key(id, "file"),
      this.#noteKey(id),
    );
    try {
      await each(pieces, (piece, index) => parts.copy(index + 1, this.#source(piece.key)));
      await parts.complete();
    } catch (error) {
      await parts.abort().catch(() => {}); // the note stays, and so whoever deletes the upload knows
      throw error;
    }
  }

  async put(
    id: string,
    place: Exclude<Place, "upload">,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const key = this.#key(id, place);
    let parts: S3Multipart | undefined;
    const pieces = new Pieces(PIECE_BYTES, new Uint8Array(), 0, async (bytes, index) => {
      if (index === 0 && bytes.length < PIECE_BYTES) {
        return void await this.#client.send({ method: "PUT", key, body: bytes });
      }
      parts ??= await S3Multipart.begin(this.#client, key, this.#noteKey(id));
      await parts.put(index + 1, bytes);
    });
    try {
      const broken = await pieces.take(body);
      if (broken !== undefined) throw new AppendFailure("body", 0, broken.error);
      await pieces.end();
      await parts?.complete();
      if (place === "file") await this.#deleteUpload(id, await this.#pieces(id));
    } catch (error) {
      await parts?.abort().catch(() => {});
      throw appendFailure(error, 0);
    }
  }

  async read(
    id: string,
    place: Place,
    { start, end }: ByteRange = { start: 0, end: Infinity },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    return await doing(async () => {
      if (place === "upload") return await this.#readUpload(id, start, end);
      const key = this.#key(id, place);
      if (start < end) return await this.#client.open(key, start, end);
      return await this.#isThere(key) ? new Blob().stream() : undefined;
    });
  }

  async #readUpload(
    id: string,
    start: number,
    end: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    const pieces = await this.#pieces(id);
    if (pieces[0]?.key !== this.#pieceKey(id, 0)) return undefined;
    return ReadableStream.from(withFailures(this.#joined(pieces, start, end)));
  }

  async *#joined(
    pieces: readonly Piece[],
    start: number,
    end: number,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let first = 0;
    for (const { key, bytes } of pieces) {
      const [from, to] = [Math.max(0, start - first), Math.min(bytes, end - first)];
      first += bytes;
      if (from >= to) continue;
      const body = await this.#client.open(key, from, to);
      if (body === undefined) throw new Error(`the piece ${key} is gone`);
      yield* body;
    }
  }

  async delete(id: string): Promise<void> {
    await doing(async () => {
      await this.#deleteUpload(id, await this.#pieces(id));
      const places = ["file" as const, ...THUMBNAIL_WIDTHS];
      await this.#deleteAll(places.map((place) => this.#key(id, place)));
    });
  }

  async downloadLink(id: string, { seconds, type, disposition }: DownloadLink): Promise<string> {
    const query = {
      "response-content-type": type,
      "response-content-disposition": disposition,
    };
    return await this.#client.link({ method: "GET", key: this.#key(id, "file"), query }, seconds);
  }

  async uploadLink(id: string, { seconds, length }: UploadLink): Promise<StoreRequest> {
    // It is signed with its length; browsers send that on their own, and let no page do so.
    const headers = { "content-length": `${length}` };
    const key = this.#pieceKey(id, 0);
    return {
      method: "PUT",
      url: await this.#client.link({ method: "PUT", key, headers }, seconds),
      headers: {},
    };
  }

  whyNotReady(): string | undefined {
    const { trouble } = this.#client;
    // Where nobody brings a file, nothing else would find out that it can be used again.
    if (trouble === undefined) return undefined;
    this.#probing ??= this.#probe().catch(() => {}).finally(() => this.#probing = undefined);
    return `files cannot be kept: ${trouble}`;
  }

  async #probe(): Promise<void> {
    await this.#list(this.#config.prefix, "", 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#probing;
  }

  /** The pieces of an upload, in order. */
  async #pieces(id: string): Promise<Piece[]> {
    const folder = `${this.#config.prefix}uploads/${nameOf(id)}/`;
    const pieces: Piece[] = [];
    for (;;) {
      const found = await this.#list(folder, pieces.at(-1)?.key ?? "", 1000);
      pieces.push(...found.pieces.filter(({ key }) => /\/\d{5}$/.test(key)));
      if (!found.isMore || found.pieces.length === 0) return pieces;
    }
  }

  async #list(
    prefix: string,
    after: string,
    most: number,
  ): Promise<{ pieces: Piece[]; isMore: boolean }> {
    const query = {
      "list-type": "2",
      "max-keys": `${most}`,
      prefix,
      ...(after === "" ? {} : { "start-after": after }),
    };
    const { xml } = await this.#client.send({ method: "GET", key: "", query });
    const pieces = elementsOf(xml, "Contents").map((each) => ({
      key: textOf(each, "Key"),
      bytes: Number(textOf(each, "Size")),
    }));
    return { pieces, isMore: textOf(xml, "IsTruncated") === "true" };
  }

  async #deleteUpload(id: string, pieces: readonly Piece[]): Promise<void> {
    await S3Multipart.abandon(this.#client, this.#noteKey(id));
    const [first, ...others] = pieces.map(({ key }) => key);
    if (first !== undefined) await this.#deleteAll([first]);
    await this.#deleteAll(others);
  }

  async #deleteAll(keys: readonly string[]): Promise<void> {
    await each(keys, async (key) => {
      try {
        await this.#client.send({ method: "DELETE", key });
      } catch (error) {
        if (!(error instanceof S3Failure && error.isMissing)) throw error; // not all say 204 then
      }
    });
  }

  #key(id: string, place: Exclude<Place, "upload">): string {
    const { prefix } = this.#config;
    if (place === "file") return `${prefix}files/${nameOf(id)}`;
    return `${prefix}thumbnails/${nameOf(id)}/${place}`;
  }

  #pieceKey(id: string, index: number): string {
    if (index >= MOST_PIECES) {
      throw new S3Failure("a bucket takes files of 78 GiB at the most", 507, "");
    }
    return `${this.#config.prefix}uploads/${nameOf(id)}/${`${index}`.padStart(5, "0")}`;
  }

  #noteKey(id: string): string {
    return `${this.#config.prefix}uploads/${nameOf(id)}/multipart`;
  }

  /** As the header of a copy names an object. */
  #source(key: string): string {
    return [this.#config.bucket, ...key.split("/")].map((part) => `/${encodeURIComponent(part)}`)
      .join("");
  }
}

async function* withFailures(
  bytes: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* bytes;
  } catch (error) {
    throw unavailable(error);
  }
}

async function doing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(error);
  }
}

/** Does something with each item, with a few at once. */
async function each<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) await work(item, index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** No id leads to what others have, whoever has checked it before. */
function nameOf(id: string): string {
  if (/^[\w-]{8,64}$/.test(id)) return id;
  throw new TypeError(`Cannot use ${JSON.stringify(id)} as the id of a file`);
}
