/** Files as the client has them: uploads that wait for a connection, and what is known of a file. `upload.ts` sends the bytes. */
import { fileUrl } from "../core/addresses.ts";
import type { Clock } from "../core/clock.ts";
import { closedError, NotifyliError } from "../core/errors.ts";
import { newMessageId } from "../core/ids.ts";
import type { Part } from "../core/part.ts";
import type { AttachedFile } from "../core/types.ts";
import { Calls, type CallsHost } from "./calls.ts";
import { blobSource, isBlob, ReadAhead, type Source, streamSource } from "./source.ts";
import type { FileUrlOptions, StoredFile, UploadOptions, UploadSource } from "./types.ts";
import { SMALL, Upload, type UploadHost } from "./upload.ts";

interface FilesHost extends CallsHost {
  readonly random: () => number;
  readonly online: boolean;
  readonly isGuest: boolean;
  /** Why the client does not come back, if it does not. */
  readonly stop: NotifyliError | undefined;
}

export class Files implements Part, UploadHost {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: () => number;
  readonly #host: FilesHost;
  /** Whoever waits for a connection, or for less than that. */
  readonly #waiting = new Set<() => void>();
  /** What ends when the client does. */
  readonly #running = new Set<AbortController>();
  /** Uploads that are under way. */
  #uploading = 0;

  constructor(host: FilesHost) {
    this.#host = host;
    this.clock = host.clock;
    this.random = host.random;
    this.calls = new Calls(host);
  }

  /** How many uploads are under way, or wait for a connection. */
  get uploading(): number {
    return this.#uploading;
  }

  upload(given: UploadSource, options: UploadOptions = {}): Promise<StoredFile> {
    const named = given as Partial<File>;
    const { name = named.name, type = named.type, bytes, onProgress, signal, id } = options;
    this.#uploading++;
    const uploaded = this.#run(signal, (stop) => {
      const upload = new Upload(this, {
        ...{ name, type, onProgress, id: id ?? newMessageId(), signal: stop },
      });
      return { done: send(upload, given, bytes), remove: () => upload.remove() };
    });
    return uploaded.finally(() => void this.#uploading--);
  }

  find(id: string): Promise<StoredFile> {
    return this.#run(undefined, (signal) => ({
      done: new Upload(this, { name: undefined, type: undefined, id: "", signal }).find(id),
    }));
  }

  /** Empty where there is no link yet. @param given a file, or its `url` */
  urlOf(given: AttachedFile | string, options?: FileUrlOptions): string {
    const link = typeof given === "string" ? given : given.url;
    return fileUrl(this.#host.place.url, link, options);
  }

  /** Uploads call this and the next. */
  async ready(signal: AbortSignal): Promise<void> {
    while (!this.#host.online) {
      if (this.#host.stop !== undefined) throw this.#host.stop;
      await this.#wait(signal);
    }
    if (!this.#host.isGuest) return;
    throw new NotifyliError("unauthorized", "Cannot upload a file: a guest has none");
  }

  pause(ms: number, signal: AbortSignal): Promise<void> {
    return this.#wait(signal, ms);
  }

  /** The client calls this and what follows. */
  connected(): void {
    for (const go of [...this.#waiting]) go();
  }

  interrupt(): void {}

  close(): void {
    this.rejectAll(closedError());
  }

  /** Ends what is under way. What the server has of it stays there, so that it may be gone on with. */
  rejectAll(error: NotifyliError): void {
    for (const running of [...this.#running]) running.abort(error);
  }

  #wait(signal: AbortSignal, ms?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        cancel();
        this.#waiting.delete(go);
        signal.removeEventListener("abort", abort);
        settle();
      };
      const go = () => end(resolve);
      const abort = () => end(() => reject(signal.reason));
      const cancel = ms === undefined ? () => {} : this.clock.after(ms, go);
      this.#waiting.add(go);
      signal.addEventListener("abort", abort);
      if (signal.aborted) abort();
    });
  }

  /** Runs something until it is done, the caller ends it, or the client ends. */
  #run(
    signal: AbortSignal | undefined,
    begin: (signal: AbortSignal) => {
      readonly done: Promise<StoredFile>;
      remove?(): Promise<void>;
    },
  ): Promise<StoredFile> {
    const { stop } = this.#host;
    if (stop !== undefined) return Promise.reject(stop);
    const running = new AbortController();
    const end = () =>
      running.abort(new NotifyliError("ended", "The upload was ended", { cause: signal?.reason }));
    this.#running.add(running);
    signal?.addEventListener("abort", end);
    if (signal?.aborted) end();
    const { done, remove } = begin(running.signal);
    const ended = new Promise<never>((_, reject) => {
      const fail = () => reject(running.signal.reason);
      running.signal.addEventListener("abort", fail);
      if (running.signal.aborted) fail();
    });
    const settled = done.finally(() => {
      this.#running.delete(running);
      signal?.removeEventListener("abort", end);
      if (signal?.aborted) void remove?.(); // also what was stored in that moment
    });
    return Promise.race([settled, ended]).then((file) => ({ ...file, url: this.urlOf(file) }));
  }
}

/** Sends whatever was given in the way that suits it. */
async function send(upload: Upload, given: UploadSource, bytes?: number): Promise<StoredFile> {
  if (!("getReader" in given)) return await upload.run(sourceOf(given));
  const stream = new ReadAhead(given);
  try {
    if (bytes !== undefined) return await upload.run(streamSource(stream, bytes));
    const head = await stream.read(SMALL + 1);
    if (head.length <= SMALL) return await upload.run(blobSource(new Blob([head])));
    // Browsers send no stream over HTTP/1.1, but keep a long blob on the disk.
    if (isBrowser()) return await upload.run(blobSource(await blobOf(head, stream)));
    return await upload.runStream(head, stream);
  } finally {
    stream.cancel();
  }
}

function sourceOf(given: Blob | Uint8Array): Source {
  return blobSource(isBlob(given) ? given : new Blob([given as Uint8Array<ArrayBuffer>]));
}

async function blobOf(head: Uint8Array<ArrayBuffer>, rest: ReadAhead): Promise<Blob> {
  const blobs = [new Blob([head])];
  for (;;) {
    const piece = await rest.read(SMALL);
    if (piece.length === 0) return new Blob(blobs);
    blobs.push(new Blob([piece]));
  }
}

function isBrowser(): boolean {
  return "document" in globalThis || "importScripts" in globalThis;
}
