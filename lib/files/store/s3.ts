/** Files in an S3 bucket. Next: `s3_uploads.ts`, which keeps what is coming, and `s3_client.ts`, which makes the requests. */
import { reasonOf } from "../../base/reason.ts";
import type { S3Config } from "../settings.ts";
import { THUMBNAIL_WIDTHS } from "../types.ts";
import {
  AppendFailure,
  type AppendOptions,
  type ByteRange,
  type DirectUploads,
  type DownloadLink,
  type FileStore,
  type LinkedPiece,
  type Place,
  type StoreRequest,
} from "./file_store.ts";
import { PieceMemory, type PieceMemoryOptions } from "./piece_memory.ts";
import { S3Client } from "./s3_client.ts";
import { appendFailure, S3Failure, unavailable } from "./s3_failure.ts";
import { S3Keys } from "./s3_keys.ts";
import { S3Multipart } from "./s3_multipart.ts";
import { Pieces } from "./s3_pieces.ts";
import { PIECE_BYTES, S3Uploads } from "./s3_uploads.ts";

export class S3Store implements FileStore {
  readonly kind = "s3";
  readonly direct: DirectUploads | undefined;
  readonly #config: S3Config;
  readonly #client: S3Client;
  readonly #keys: S3Keys;
  readonly #uploads: S3Uploads;
  readonly #memory: PieceMemory;
  #probing: Promise<void> | undefined;

  private constructor(config: S3Config, memory: PieceMemoryOptions) {
    this.#config = config;
    this.#client = new S3Client(config);
    this.#keys = new S3Keys(config);
    this.#uploads = new S3Uploads(this.#client, this.#keys);
    this.direct = !config.isDirect ? undefined : {
      pieceBytes: PIECE_BYTES,
      link: (id, piece) => this.#pieceLink(id, piece),
      arrived: (id, length) => reaching(() => this.#uploads.arrived(id, length)),
    };
    this.#memory = new PieceMemory(config.memoryBytes, memory);
  }

  /** Rejects where the bucket cannot be used with these settings. A store that cannot be reached now may be later. */
  static async open(config: S3Config, memory: PieceMemoryOptions = {}): Promise<S3Store> {
    const store = new S3Store(config, memory);
    try {
      await store.#probe();
    } catch (error) {
      if (error instanceof S3Failure && error.isTemporary) return store;
      await store[Symbol.asyncDispose]();
      throw new Error(`Cannot keep files in a bucket: ${reasonOf(error)}`, { cause: error });
    }
    return store;
  }

  async append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    { onSafe, sure, signal }: AppendOptions = {},
  ): Promise<number> {
    this.#keys.folder(id); // what is no id has none
    let safe = offset;
    const coming = body[Symbol.asyncIterator]();
    try {
      // Where nothing comes nothing is done: somebody else may have gone on, whose bytes those behind the offset are.
      const next = await coming.next().catch((error) => {
        throw new AppendFailure("body", offset, error);
      });
      await sure?.();
      await this.#prepare(id, offset, signal);
      using pieces = new Pieces({
        ...{ size: PIECE_BYTES, offset },
        shared: {
          ...{ share: (giveBack) => this.#memory.share(giveBack), signal },
          read: (index, bytes) => this.#uploads.readPiece(id, index, bytes),
        },
        write: async (piece, index) => {
          await this.#uploads.write(id, index, piece, sure);
          safe = index * PIECE_BYTES + piece.length;
          onSafe?.(safe);
        },
      });
      const broken = await pieces.take(goingOn(next, coming));
      await pieces.end();
      if (broken === undefined) return safe;
      throw new AppendFailure("body", safe, broken.error);
    } catch (error) {
      throw appendFailure(error, safe);
    } finally {
      await coming.return?.();
    }
  }

  /** Has the store have just the bytes that are safe. */
  async #prepare(id: string, offset: number, signal?: AbortSignal): Promise<void> {
    const tail = await this.#uploads.longTail(id, offset);
    if (tail === undefined) return;
    using share = this.#memory.share();
    await share.take(tail.bytes, signal);
    const bytes = await this.#uploads.readPiece(id, tail.index, tail.bytes);
    await this.#uploads.write(id, tail.index, bytes);
  }

  async complete(id: string, bytes: number): Promise<void> {
    await reaching(async () => {
      const key = this.#keys.of(id, "file");
      if (await this.#uploads.become(id, key, bytes) || await this.#isThere(key)) return;
      throw new Error(`there is no upload ${id}`);
    });
  }

  async put(
    id: string,
    place: Exclude<Place, "upload">,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const key = this.#keys.of(id, place);
    let parts: S3Multipart | undefined;
    using pieces = new Pieces({
      size: PIECE_BYTES,
      write: async (bytes, index) => {
        if (index === 0 && bytes.length < PIECE_BYTES) {
          return void await this.#client.send({ method: "PUT", key, body: bytes });
        }
        parts ??= await S3Multipart.begin(this.#client, key);
        await parts.put(index + 1, bytes);
      },
    });
    using share = this.#memory.share();
    try {
      // Thumbnails are small, and few are made at once.
      if (place === "file") await share.take(PIECE_BYTES);
      const broken = await pieces.take(body);
      if (broken !== undefined) throw new AppendFailure("body", 0, broken.error);
      await pieces.end();
      await parts?.complete();
      if (place === "file") await this.#uploads.delete(id);
    } catch (error) {
      await parts?.abort().catch(() => {}); // whoever deletes the file finds them
      throw appendFailure(error, 0);
    }
  }

  async read(
    id: string,
    place: Place,
    { start, end }: ByteRange = { start: 0, end: Infinity },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined> {
    return await reaching(async () => {
      if (place === "upload") {
        const bytes = await this.#uploads.read(id, start, end);
        return bytes && ReadableStream.from(withFailures(bytes));
      }
      const key = this.#keys.of(id, place);
      if (start < end) return await this.#client.open(key, start, end);
      return await this.#isThere(key) ? new Blob().stream() : undefined;
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

  async delete(id: string): Promise<void> {
    await reaching(async () => {
      await this.#uploads.delete(id);
      await S3Multipart.abandon(this.#client, this.#keys.of(id, "file"));
      const places = ["file" as const, ...THUMBNAIL_WIDTHS];
      await this.#uploads.deleteAll(places.map((place) => this.#keys.of(id, place)));
    });
  }

  async deleteUpload(id: string): Promise<void> {
    await reaching(() => this.#uploads.delete(id));
  }

  async downloadLink(id: string, { seconds, type, disposition }: DownloadLink): Promise<string> {
    const query = { "response-content-type": type, "response-content-disposition": disposition };
    return await this.#client.link(
      { method: "GET", key: this.#keys.of(id, "file"), query },
      seconds,
    );
  }

  async #pieceLink(
    id: string,
    { index, bytes, sha256, seconds }: LinkedPiece,
  ): Promise<StoreRequest> {
    const checksum = { "x-amz-checksum-sha256": Uint8Array.fromHex(sha256).toBase64() };
    // It is signed with its length, which browsers send on their own, and let no page say.
    const headers = { "content-length": `${bytes}`, ...checksum };
    const key = this.#keys.piece(id, index);
    const url = await this.#client.link({ method: "PUT", key, headers }, seconds);
    return { method: "PUT", url, headers: checksum };
  }

  /** Bytes of uploads that are in memory. */
  get memory(): number {
    return this.#memory.taken;
  }

  get waiting(): number {
    return this.#memory.waiting;
  }

  whyNotReady(): string | undefined {
    const { trouble } = this.#client;
    if (trouble === undefined) return undefined;
    // Where nobody brings a file, nothing else would find out that it can be used again.
    this.#probing ??= this.#probe().catch(() => {}).finally(() => this.#probing = undefined);
    return `files cannot be kept: ${trouble}`;
  }

  async #probe(): Promise<void> {
    await this.#uploads.list(this.#config.prefix, "", 1);
    await S3Multipart.list(this.#client, this.#config.prefix, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#memory[Symbol.dispose]();
    this.#client[Symbol.dispose]();
    await this.#probing;
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

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(error);
  }
}

/** What comes, of which the first piece was taken already. */
async function* goingOn(
  first: IteratorResult<Uint8Array>,
  coming: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; next.done !== true; next = await coming.next()) yield next.value;
}
