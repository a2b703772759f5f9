/**
 * One stream of Server-Sent Events as a `Socket`: what is sent waits here until the listener takes it. `sse.ts` opens one
 * for each stream.
 */
import type { Disconnect } from "../../base/errors.ts";
import type { Outgoing } from "../../core/outgoing.ts";
import type { Peer, Socket } from "../../core/socket.ts";
import type { Positions } from "./sse_positions.ts";

/** Most bytes that the listener is given at once. What the listener has no longer counts as waiting, so this is little. */
const CHUNK_BYTES = 65536;

/** How long a peer has to take what waits for it once the connection is being closed. */
const CLOSING_DEADLINE_MS = 5000;

/** How soon a browser comes back at the earliest. */
const RETRY_MS = 1000;
/** How much later it may come, so that not all browsers come in the same moment. */
const RETRY_SPREAD_MS = 2000;

const encoder = new TextEncoder();
const COMMENT = encoder.encode(":\n\n");

export interface SseSocketOptions {
  readonly keepaliveSeconds: number;
  /** How far the stream has come, which each event then says; absent for streams with commands. */
  readonly positions: Positions | undefined;
  /** A keepalive interval has passed. */
  alive(): void;
  /** The stream has ended; called once. */
  gone(): void;
}

export class SseSocket implements Socket {
  readonly transport = "sse";
  readonly batching = "none";
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #options: SseSocketOptions;
  readonly #peer: Peer;
  readonly #keepalive: ReturnType<typeof setInterval>;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  /** What waits for the listener; bounded by `APP_LIMIT_QUEUE`, as with every socket. */
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  /** Whether the listener has asked for more. */
  #isAsked = false;
  #state: "open" | "closing" | "gone" = "open";
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(peer: Peer, options: SseSocketOptions) {
    this.#peer = peer;
    this.#options = options;
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#give(true),
      cancel: () => this.#end(),
    }, { highWaterMark: 0 });
    this.#keepalive = setInterval(() => this.#keepAlive(), options.keepaliveSeconds * 1000);
    this.#push(
      encoder.encode(`retry: ${Math.round(RETRY_MS + Math.random() * RETRY_SPREAD_MS)}\n\n`),
    );
  }

  get bufferedAmount(): number {
    return this.#bytes;
  }

  send({ place, event }: Outgoing): void {
    if (place !== undefined && this.#options.positions !== undefined) {
      this.#options.positions.move(place);
      this.#push(encoder.encode(`id: ${this.#options.positions}\n`));
    }
    this.#push(event);
  }

  /** Sends an event that has a name, and JSON for data. */
  sendNamed(name: string, data: unknown): void {
    this.#push(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`));
  }

  close({ code, reason }: Disconnect): void {
    if (this.#state !== "open") return;
    this.sendNamed("close", { code, reason });
    this.#state = "closing";
    this.#deadline = setTimeout(() => this.terminate(), CLOSING_DEADLINE_MS);
    this.#give();
  }

  cut(disconnect: Disconnect): void {
    this.close(disconnect);
  }

  /** Does nothing: commands come by requests of their own, and none is read ahead. */
  pause(): void {}

  resume(): void {}

  terminate(): void {
    if (this.#state === "gone") return;
    this.#controller.close();
    this.#peer.drop?.();
    this.#end();
  }

  /** Has what one turn of the event loop brings given to the listener together. */
  #push(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#bytes += bytes.length;
    if (this.#waiting.push(bytes) === 1) queueMicrotask(() => this.#give());
  }

  #give(isAsked = this.#isAsked): void {
    this.#isAsked = isAsked;
    if (this.#state === "gone") return;
    if (this.#isAsked && this.#waiting.length > 0) {
      this.#isAsked = false;
      this.#controller.enqueue(this.#take());
    }
    if (this.#state === "closing" && this.#waiting.length === 0) {
      this.#controller.close();
      this.#end();
    }
  }

  /** Takes the first pieces of what waits, as many as go in one chunk, and one at least. */
  #take(): Uint8Array<ArrayBuffer> {
    let [count, length] = [0, 0];
    for (const { length: next } of this.#waiting) {
      if (count > 0 && length + next > CHUNK_BYTES) break;
      length += next;
      count++;
    }
    const chunk = new Uint8Array(length);
    let at = 0;
    for (const piece of this.#waiting.splice(0, count)) {
      chunk.set(piece, at);
      at += piece.length;
    }
    this.#bytes -= length;
    return chunk;
  }

  #keepAlive(): void {
    if (this.#bytes === 0) this.#push(COMMENT);
    this.#options.alive();
  }

  #end(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    clearInterval(this.#keepalive);
    clearTimeout(this.#deadline);
    this.#waiting = [];
    this.#bytes = 0;
    this.#options.gone();
  }
}
