/**
 * Gathers the small chunks of a body (RFC 9112, section 7.1) as `node:http` finds them. It would make a piece of memory of each, and as
 * long as they come without a pause it would read on, and nobody else had a turn. Next: `node_body.ts`.
 */
import { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { setImmediate } from "node:timers";

/** Longer chunks are passed on as they are: each costs as little as a piece of a body without chunks. */
const SMALL_BYTES = 2048;
/** Bytes that are gathered before others have their turn; what was read from the connection by then comes on top. */
const MOST_BYTES = 64 * 1024;
/** Chunks before others have their turns. */
const MOST_CHUNKS = 2000;
/** How many are found in a millisecond. After more than {@linkcode MOST_CHUNKS} others have twice the time that these took. */
const CHUNKS_A_MS = 1000;

/** Does it for a request whose body has begun to come, if at all, and that nobody has read yet. */
export function gatherChunks(message: IncomingMessage): void {
  if (message.headers["transfer-encoding"] === undefined) return;
  const passOn = message.push.bind(message);
  const gathered = new Gathered(passOn);
  message.push = (chunk: Buffer | null): boolean => {
    if (chunk !== null && chunk.length <= SMALL_BYTES) return gathered.add(chunk);
    gathered.passOn();
    return passOn(chunk);
  };
}

class Gathered {
  readonly #passOn: (bytes: Buffer) => boolean;
  #bytes = Buffer.alloc(0);
  #length = 0;
  #chunks = 0;

  constructor(passOn: (bytes: Buffer) => boolean) {
    this.#passOn = passOn;
  }

  /** Whether more may be read from the connection before these are passed on. */
  add(chunk: Buffer): boolean {
    if (this.#chunks++ === 0) setImmediate(() => this.#passOnInTime());
    const wanted = this.#length + chunk.length;
    if (wanted > this.#bytes.length) this.#enlarge(wanted);
    this.#bytes.set(chunk, this.#length);
    this.#length = wanted;
    return wanted < MOST_BYTES && this.#chunks < MOST_CHUNKS;
  }

  passOn(): void {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#chunks = this.#length = 0;
    this.#bytes = Buffer.alloc(0);
    if (bytes.length > 0) this.#passOn(bytes);
  }

  #passOnInTime(): void {
    if (this.#chunks < MOST_CHUNKS) return this.passOn();
    setTimeout(() => this.passOn(), 2 * this.#chunks / CHUNKS_A_MS);
  }

  #enlarge(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.#bytes.length * 2, SMALL_BYTES));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
