/** The file of a message that waits to be sent: it is uploaded when its message's turn comes. `sends.ts` sends the message. */
import { NotifyliError } from "../core/errors.ts";
import type { AttachedFile } from "../core/types.ts";
import type { StoredFile, UploadOptions, UploadProgress } from "../files/types.ts";
import { holdFile } from "./held_files.ts";

/** The part of `files/files.ts` that is used. */
export interface Uploader {
  upload(file: Blob, options: UploadOptions): Promise<StoredFile>;
}

export class FileUpload {
  readonly blob: Blob;
  progress: UploadProgress;
  readonly #uploader: Uploader;
  readonly #id: string;
  readonly #release: () => void;
  /** Ends the upload that is under way; `undefined` where there is none. */
  #abort: AbortController | undefined;

  /** @param id the message's own id, by which the upload goes on where it was tried before */
  constructor(uploader: Uploader, blob: Blob, id: string) {
    this.blob = blob;
    this.progress = { sent: 0, bytes: blob.size };
    this.#uploader = uploader;
    this.#id = id;
    this.#release = holdFile(id);
  }

  get isRunning(): boolean {
    return this.#abort !== undefined;
  }

  /** Resolves with the error where it failed. */
  async run(changed: () => void): Promise<StoredFile | NotifyliError> {
    const abort = this.#abort = new AbortController();
    try {
      return await this.#uploader.upload(this.blob, {
        ...{ id: this.#id, signal: abort.signal },
        onProgress: (progress) => {
          this.progress = progress;
          changed();
        },
      });
    } catch (error) {
      if (error instanceof NotifyliError) return error;
      throw error;
    } finally {
      this.#abort = undefined;
    }
  }

  /** Ends the upload; the server keeps nothing of it. */
  cancel(): void {
    this.#abort?.abort();
    this.#release();
  }

  /** The file is not needed here any more. */
  release(): void {
    this.#release();
  }
}

/** What is shown of a file before the server knows it. */
export function factsOf(blob: Blob): AttachedFile {
  const { name = "" } = blob as Partial<File>;
  return { id: "", name, type: blob.type, bytes: blob.size };
}

/** The error of a message whose file was in the memory of a page that was left. */
export function lostFile({ name = "" }: AttachedFile): NotifyliError {
  const what = name === "" ? "the file" : `'${name}'`;
  const message = `The page was left before ${what} was uploaded: choose it again`;
  return new NotifyliError("file_lost", message);
}
