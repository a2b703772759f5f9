/** What applications get to see of files, and what they give. */
import type { AttachedFile } from "../core/types.ts";

/** A file that was uploaded. */
export interface StoredFile extends Required<Omit<AttachedFile, "width" | "height">> {
  /** Hexadecimal, of the bytes as the server gives them out. */
  readonly sha256: string;
  /** Pixels; images alone have them. */
  readonly width?: number;
  readonly height?: number;
  /** A link by which whoever has it reads the file, for a day at the least; `client.file()` gets a fresh one. */
  readonly url: string;
}

/** What is uploaded. A `File` is a `Blob`. */
export type UploadSource = Blob | Uint8Array | ReadableStream<Uint8Array>;

export interface UploadOptions {
  /** What the file is called. @default the name of a `File` */
  readonly name?: string | undefined;
  /** The media type, as the sender knows it. The server looks at the bytes. @default that of a `Blob` */
  readonly type?: string | undefined;
  /** How many bytes a stream has. With it, the upload goes on where a connection broke. */
  readonly bytes?: number | undefined;
  /** Is called 10 times a second at most, and at the end. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Ends the upload, and removes from the server what was sent. */
  readonly signal?: AbortSignal | undefined;
  /**
   * 1 to 128 printable ASCII characters: the same id is the same file, so that an upload goes on after a reload of the page.
   * @default a random one
   */
  readonly id?: string | undefined;
}

export interface UploadProgress {
  /** Bytes that the server has. */
  readonly sent: number;
  /** Bytes in all; `undefined` for a stream of which nobody knows. */
  readonly bytes: number | undefined;
}

/** How a link is to be used. */
export interface FileUrlOptions {
  /** How wide the picture is to be at the least, in pixels: a smaller image of it, where there is one. */
  readonly thumbnail?: number | undefined;
  /** Whether a browser is to save the file, and not to show it. */
  readonly download?: boolean | undefined;
}
