/**
 * Where the bytes of files are: on a disk (`disk.ts`) or in an S3 bucket (`s3.ts`). A store knows no names, owners or rights,
 * and nothing but bytes under an id; `files.ts` keeps the rows, which are there before the bytes are, and go after them.
 */
import type { ThumbnailWidth } from "../types.ts";

/** What there is under an id: what has come of an upload, the file itself, and its thumbnails. */
export type Place = "upload" | "file" | ThumbnailWidth;

/** A part of a file, in bytes: `end` is the first one that is not in it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface FileStore extends AsyncDisposable {
  readonly kind: "disk" | "s3";
  /**
   * Goes on with an upload. Resolves with the bytes that are safe, once all of the body is. Where the body breaks off, or there is
   * no more room, as much as has come is kept, and it rejects with an {@linkcode AppendFailure} that says how much is safe.
   *
   * @param offset the bytes that are safe already; what the store has beyond them is of a crash, and is overwritten
   */
  append(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    options?: AppendOptions,
  ): Promise<number>;
  /**
   * Makes the upload the file: all at once, and safe. Harmless where that was done before. Rejects where there is no upload, or not all
   * of it.
   *
   * @param bytes that it has
   */
  complete(id: string, bytes: number): Promise<void>;
  /**
   * Writes a whole: a file that was rewritten, or a thumbnail. It is not there until all of it is, and safe. The upload of a file
   * that was rewritten is gone after that. Rejects with an {@linkcode AppendFailure} where there is no room.
   */
  put(id: string, place: Exclude<Place, "upload">, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** Resolves with the bytes; `undefined` where there is nothing. Whoever does not read to the end cancels the stream. */
  read(
    id: string,
    place: Place,
    range?: ByteRange,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | undefined>;
  /** Removes all that is under the id. Harmless where nothing is. */
  delete(id: string): Promise<void>;
  /** Removes what has come of an upload, and leaves the file. Harmless where nothing is. */
  deleteUpload(id: string): Promise<void>;
  /** Removes what a crash has left of something that was put beside the file. */
  tidy?(id: string): Promise<void>;
  /** A link by which a browser gets the file from the store itself, where the store has such. */
  downloadLink?(id: string, options: DownloadLink): Promise<string>;
  /** How others bring uploads to the store itself; absent where the store has no such, or is not to do so. */
  readonly direct?: DirectUploads | undefined;
  /** How many uploads wait for memory, where they need some. */
  readonly waiting?: number;
  /** Why it cannot be used right now; `undefined` while it can. */
  whyNotReady(): string | undefined;
}

export interface AppendOptions {
  /** Is told now and then how many bytes are safe by now. */
  onSafe?(offset: number): void;
  /**
   * Is asked before something is written. Resolves while nobody else writes the upload. Rejects with an {@linkcode AppendFailure} where
   * that is not known any more: nothing more is written then.
   */
  sure?(): Promise<void>;
  /** Aborts where the upload is to be let go: its body ends soon then. */
  readonly signal?: AbortSignal;
}

export interface DownloadLink {
  readonly seconds: number;
  /** Headers that the store answers with. */
  readonly type: string;
  readonly disposition: string;
}

/** Uploads whose pieces somebody else brings, by requests that the store knows as signed here. */
export interface DirectUploads {
  /** Bytes of each piece but the last one of an upload. */
  readonly pieceBytes: number;
  /** The request that brings one piece. Until its end it can be made again, also when the upload has become the file. */
  link(id: string, piece: LinkedPiece): Promise<StoreRequest>;
  /** How much of an upload is there, from its beginning on. @param length bytes of the whole */
  arrived(id: string, length: number): Promise<number>;
}

export interface LinkedPiece {
  /** From 0. */
  readonly index: number;
  /** The store takes no more and no fewer. */
  readonly bytes: number;
  /** Hexadecimal; a store that can refuses other bytes. */
  readonly sha256: string;
  readonly seconds: number;
}

/** A request that somebody else makes. */
export interface StoreRequest {
  readonly method: "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Why an upload did not go on to its end, and how much of it is safe. */
export class AppendFailure extends Error {
  override readonly name = "AppendFailure";

  constructor(
    /**
     * "body": it broke off; "full": there is no room; "busy": another one goes on with it; "crowded": too many come at once; "store": the
     * store failed.
     */
    readonly reason: "body" | "full" | "busy" | "crowded" | "store",
    /** Bytes of the upload that are safe. */
    readonly offset: number,
    cause: unknown,
  ) {
    super(`the upload stopped at ${offset} bytes`, { cause });
  }
}
