/**
 * What comes in on one connection: each frame, line and message is counted by the connection's limits (`traffic.ts`),
 * and a client that goes on beyond them is closed. Next on a message's way: `frame_queue.ts`.
 */
import { type Fields, parseObject } from "../base/fields.ts";
import { type FrameQueue, MAX_LINES } from "./frame_queue.ts";
import { tooMuch, type Traffic } from "./traffic.ts";

/** The connection on which the frames came. */
export interface IntakeOwner {
  readonly closed: boolean;
  /** When the last frame came, on `performance.now()`'s clock. */
  readonly heardAt: number;
  readonly protocol: {
    readonly joins: boolean;
    split(data: string | Uint8Array): string | string[];
  };
  /** The client has sent more than is taken. */
  overflow(): void;
  reportError(error: unknown, fields?: Fields): void;
}

export class Intake {
  readonly #owner: IntakeOwner;
  readonly #traffic: Traffic;
  readonly #frames: FrameQueue;

  constructor(owner: IntakeOwner, traffic: Traffic, frames: FrameQueue) {
    this.#owner = owner;
    this.#traffic = traffic;
    this.#frames = frames;
  }

  /** Takes a message: one frame, or several lines with one frame each. */
  take(data: string | Uint8Array): void {
    let texts: string | string[];
    try {
      texts = this.#owner.protocol.split(data);
    } catch (error) {
      if (this.count()) this.#owner.reportError(error); // what is no frame costs its sender one all the same
      return;
    }
    if (typeof texts === "string") this.#receive(texts);
    else if (texts.length > MAX_LINES) this.#owner.overflow();
    else for (const text of texts) this.#receive(text);
  }

  /** Counts something that asks for nothing; false where it was too much, and gets no answer. */
  count(): boolean {
    const { closed, heardAt } = this.#owner;
    if (closed) return false;
    const isRefused = this.#traffic.take(heardAt) > 0;
    if (isRefused && this.#traffic.isFlood(heardAt)) this.#owner.overflow();
    else this.#frames.note();
    return !isRefused;
  }

  #receive(text: string): void {
    const { closed, heardAt, protocol } = this.#owner;
    if (text === "" && protocol.joins) return void this.count();
    if (closed) return;
    const waitMs = this.#traffic.take(heardAt);
    if (waitMs > 0) this.#refuse(text, waitMs);
    else this.#frames.push(text);
  }

  /** Tells the client to wait, or closes its connection if it goes on and on. */
  #refuse(text: string, retryAfterMs: number): void {
    if (this.#traffic.isFlood(this.#owner.heardAt)) return this.#owner.overflow();
    this.#frames.note();
    this.#owner.reportError(tooMuch(retryAfterMs), readable(text));
  }
}

/** The fields of a frame that is not worked on; `undefined` where it has none. */
function readable(text: string): Fields | undefined {
  try {
    return parseObject(text, "frame");
  } catch {
    return undefined;
  }
}
