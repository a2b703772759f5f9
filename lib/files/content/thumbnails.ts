/**
 * Makes small images of large ones, in as many threads as there are cores. What is sent as an image can be made to cost much,
 * so each has a limit of time and of pixels, and few wait at once.
 */
import { logFor } from "../../base/log.ts";
import { Queue } from "../../base/queue.ts";
import { ThumbnailThread } from "./thumbnail_thread.ts";

const log = logFor("files");

/** Images of more bytes have none: they would be in memory as a whole. */
export const MOST_THUMBNAIL_SOURCE_BYTES = 32 * 1024 * 1024;
/** Images that wait at once, and their bytes in all; beyond that there is none for now. */
const MOST_WAITING = 64;
const MOST_WAITING_BYTES = 128 * 1024 * 1024;
/** How long whoever wants one waits; the native work is given up at the same time, as soon as it can be. */
const IMAGE_MS = 10_000;
/** A thread with `sharp` takes some 50 MB, so those with nothing to do end. */
const IDLE_MS = 60_000;
const MOST_THREADS = 4;

export interface Thumbnail {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface ThumbnailOptions {
  /** Most pixels of an image. */
  readonly pixels?: number;
  readonly imageMs?: number;
}

export class Thumbnails implements AsyncDisposable {
  readonly #idle = new Map<ThumbnailThread, ReturnType<typeof setTimeout>>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #waiting = new Queue<() => void>();
  #waitingBytes = 0;
  #isClosed = false;
  #isAbsent = false;
  readonly #pixels: number;
  readonly #imageMs: number;

  private constructor({ pixels = 50_000_000, imageMs = IMAGE_MS }: ThumbnailOptions) {
    this.#pixels = Number.isFinite(pixels) ? pixels : Number.MAX_SAFE_INTEGER;
    this.#imageMs = imageMs;
  }

  /**
   * `undefined` where `sharp` may not be loaded, which is logged: images are then given as they are. It is loaded when somebody
   * first wants a thumbnail, since it takes some memory.
   */
  static async open(options: ThumbnailOptions = {}): Promise<Thumbnails | undefined> {
    const { state } = await Deno.permissions.query({ name: "ffi" });
    if (state === "granted") return new Thumbnails(options);
    logAbsence("it may not load foreign libraries");
    return undefined;
  }

  /**
   * An image of this width, or of its own where that is less, turned as it is shown, without metadata. `undefined` where there is
   * none: it is no image that can be read, it takes too long, or too many wait.
   */
  async make(image: Uint8Array, width: number): Promise<Thumbnail | undefined> {
    if (this.#isClosed || this.#isTooMuch(image.length)) return undefined;
    const patience = new AbortController();
    const { promise: isOver, resolve: giveUp } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      patience.abort();
      giveUp(undefined);
    }, this.#imageMs);
    try {
      const made = this.#inTurn(image, width, patience.signal);
      const bytes = await Promise.race([made, isOver]);
      return bytes === undefined ? undefined : { type: "image/webp", bytes };
    } finally {
      clearTimeout(timer);
    }
  }

  #isTooMuch(bytes: number): boolean {
    return bytes > MOST_THUMBNAIL_SOURCE_BYTES || this.#waiting.length >= MOST_WAITING ||
      this.#waitingBytes + bytes > MOST_WAITING_BYTES;
  }

  /** Its place is taken until its thread has done with it, whether or not somebody still waits for it. */
  async #inTurn(
    image: Uint8Array,
    width: number,
    patience: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#running.size >= Math.min(MOST_THREADS, navigator.hardwareConcurrency)) {
      this.#waitingBytes += image.length;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      this.#waitingBytes -= image.length;
    }
    if (this.#isClosed || patience.aborted) {
      this.#waiting.shift()?.();
      return undefined;
    }
    const making = this.#made(image, width);
    this.#running.add(making);
    try {
      return await making;
    } finally {
      this.#running.delete(making);
      this.#waiting.shift()?.();
    }
  }

  async #made(image: Uint8Array, width: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const thread = await this.#thread();
    if (thread === undefined) return undefined;
    const seconds = Math.ceil(this.#imageMs / 1000);
    const bytes = await thread.make({ image, width, pixels: this.#pixels, seconds });
    this.#rest(thread);
    return bytes;
  }

  async #thread(): Promise<ThumbnailThread | undefined> {
    for (const [thread, timer] of this.#idle) {
      this.#idle.delete(thread);
      clearTimeout(timer);
      return thread;
    }
    if (this.#isAbsent) return undefined;
    const started = await ThumbnailThread.start();
    if (started instanceof ThumbnailThread) return started;
    if (!this.#isAbsent) logAbsence(started.reason);
    this.#isAbsent = true;
    return undefined;
  }

  #rest(thread: ThumbnailThread): void {
    if (this.#isClosed || thread.isBroken) return thread.end();
    const timer = setTimeout(() => {
      this.#idle.delete(thread);
      thread.end();
    }, IDLE_MS);
    this.#idle.set(thread, timer);
  }

  /** Waits for what is being made, which cannot be ended; what has not begun is not made. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const [thread, timer] of this.#idle) {
      clearTimeout(timer);
      thread.end();
    }
    this.#idle.clear();
    await Promise.allSettled(this.#running);
  }
}

function logAbsence(reason: string): void {
  log.info(
    "Images have no thumbnails, since the npm package sharp cannot be loaded: {reason}. " +
      "It comes with a checkout, where `deno task start` loads it; it needs --allow-ffi.",
    { reason },
  );
}
