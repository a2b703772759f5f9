/**
 * One thread that makes thumbnails (`thumbnail_worker.ts`). It is ended only while it does nothing: to end it amidst its native
 * work would end the whole server, by a segmentation fault.
 */
import type { ThumbnailAnswer, ThumbnailWish } from "./thumbnail_worker.ts";

/** What libvips may read holds for the whole process, so one thread says it, before there are others. */
const FIRST = "first";

export class ThumbnailThread {
  static #first: Promise<ThumbnailThread | { reason: string }> | undefined;
  /** Gives what comes next to whoever waits for it. */
  #take: (answer: ThumbnailAnswer) => void = () => {};
  #isBroken = false;
  readonly #worker: Worker;

  private constructor(name?: string) {
    this.#worker = new Worker(new URL("./thumbnail_worker.ts", import.meta.url), {
      type: "module",
      name,
    });
    this.#worker.addEventListener("message", ({ data }) => this.#take(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault(); // the server goes on
      this.#isBroken = true;
      this.#take({ kind: "absent", reason: event.message });
    });
  }

  /** Why there is none, where `sharp` cannot be loaded. */
  static async start(): Promise<ThumbnailThread | { reason: string }> {
    if (this.#first === undefined) return await (this.#first = this.#start(FIRST));
    await this.#first;
    return await this.#start();
  }

  static async #start(name?: string): Promise<ThumbnailThread | { reason: string }> {
    const thread = new ThumbnailThread(name);
    const answer = await thread.#next();
    if (answer.kind === "ready") return thread;
    thread.end();
    return { reason: answer.kind === "absent" ? answer.reason : "it did not start" };
  }

  /** Whether it makes no more. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** One at a time. `undefined` where there is none. */
  async make(wish: ThumbnailWish): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const answered = this.#next();
    const image = new Uint8Array(wish.image);
    this.#worker.postMessage({ ...wish, image }, [image.buffer]);
    const answer = await answered;
    return answer.kind === "made" ? answer.bytes : undefined;
  }

  /** Only while it makes nothing. */
  end(): void {
    this.#worker.terminate();
  }

  #next(): Promise<ThumbnailAnswer> {
    const { promise, resolve } = Promise.withResolvers<ThumbnailAnswer>();
    this.#take = resolve;
    return promise;
  }
}
