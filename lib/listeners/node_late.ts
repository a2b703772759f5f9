/**
 * Ends requests whose bodies take too long, whoever reads them or does not, as `requestTimeout` of `node:http` would. That one
 * knows no exceptions, and a large upload takes minutes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** How soon a request that takes too long is noticed. */
const LOOK_MS = 1000;

const ANSWER = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

interface Open {
  readonly answer: ServerResponse;
  /** When it is late, on `performance.now()`'s clock. */
  readonly lateAt: number;
}

export class LateRequests {
  readonly #ms: number;
  /** The requests whose bodies are not there yet, the oldest first. */
  readonly #open = new Map<IncomingMessage, Open>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param seconds that a request's body may take; `Infinity` for no limit */
  constructor(seconds: number) {
    this.#ms = seconds * 1000;
  }

  add(message: IncomingMessage, answer: ServerResponse): void {
    if (!Number.isFinite(this.#ms) || !hasBody(message)) return;
    this.#open.set(message, { answer, lateAt: performance.now() + this.#ms });
    message.once("close", () => this.delete(message));
    this.#timer ??= setTimeout(() => this.#endLate(), LOOK_MS);
  }

  /** The request is there, or may take as long as it goes on. */
  delete(message: IncomingMessage): void {
    this.#open.delete(message);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#open.clear();
  }

  #endLate(): void {
    const now = performance.now();
    for (const [message, { answer, lateAt }] of this.#open) {
      if (message.complete) this.#open.delete(message);
      else if (lateAt > now) break;
      else this.#end(message, answer);
    }
    this.#timer = this.#open.size === 0 ? undefined : setTimeout(() => this.#endLate(), LOOK_MS);
  }

  #end(message: IncomingMessage, answer: ServerResponse): void {
    this.#open.delete(message);
    const { socket } = message;
    if (!answer.headersSent) socket.write(ANSWER);
    socket.destroySoon();
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
