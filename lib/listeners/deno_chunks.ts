/**
 * Reads a body that comes in chunks (RFC 9112, section 7.1) from `Deno.serve`. For each piece, the runtime takes as much from the
 * connection as there was ever room for, and gives on no more than is left of one chunk. It keeps the rest, however much that
 * is, and moves all of it with each piece: a few megabytes of it leave nothing of the event loop to others.
 *
 * So there is little room, or, as soon as the chunks turn out to be of one length, just enough for one of them. And where the runtime
 * may have kept much, it is looked at whether it has to wait for the connection: then it has kept nothing. A sender of tiny
 * chunks who never lets it wait is refused.
 */
import { nextTurn } from "../base/clock.ts";
import { CodedError } from "../base/errors.ts";

/** Room for a piece, at first: the runtime takes no less. */
const FIRST_BYTES = 1024;
/** Chunks of up to so many bytes are read as a whole. */
const MOST_BYTES = 256 * 1024;
/** Room for a piece of longer ones. */
const LONG_BYTES = 4096;
/** The most that stands around a chunk. */
const MOST_AROUND_BYTES = 16;

/** After so many bytes that the runtime may have kept it is looked at whether it has. */
const LOOK_BYTES = 256 * 1024;
/** Through how many jobs of the queue of promises a piece comes that need not be waited for; it is two or three. */
const MOST_JOBS = 100;
/**
 * How many bytes the runtime may keep where pieces have fewer bytes than that: they come of such chunks. Longer ones may leave room
 * since the records of TLS are short, and then nothing is kept.
 */
const MOST_KEPT = [
  { pieceBytes: 256, bytes: 2 * 1024 * 1024 },
  { pieceBytes: 900, bytes: 4 * 1024 * 1024 },
];

export class Chunks {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(FIRST_BYTES);
  /** Bytes that have come of the chunk, if the last piece was not its end. */
  #come = 0;
  /** Bytes of the last chunk. */
  #last = 0;
  /** Bytes that the runtime may have kept, at the most. */
  #kept = 0;
  #lookAt = LOOK_BYTES;
  /** What has come since the runtime was known to have kept nothing. */
  #pieces = 0;
  #bytes = 0;
  /** Whether all of the body has come. */
  isDone = false;

  constructor(reader: ReadableStreamBYOBReader) {
    this.#reader = reader;
  }

  /** Rejects with `too_long` where the runtime has kept too much. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const room = this.#buffer.byteLength;
    const reading = this.#reader.read(new Uint8Array(this.#buffer));
    if (this.#kept >= this.#lookAt) await this.#look(reading);
    const { value, done } = await reading;
    if (done) {
      this.isDone = true;
      return undefined;
    }
    this.#buffer = value.buffer;
    this.#kept += Math.max(0, room - value.length - aroundOf(value.length));
    const bytes = this.#bytes += value.length;
    const pieces = ++this.#pieces;
    if (MOST_KEPT.some((most) => this.#kept >= most.bytes && bytes < pieces * most.pieceBytes)) {
      throw new CodedError(
        "too_long",
        "The body comes in chunks, faster than they can be taken: send it with its length, or in larger chunks",
      );
    }
    this.#learn(value.length, room);
    return value;
  }

  /** What the runtime has kept it gives on within this turn of the event loop: then others have the next one. */
  async #look(reading: Promise<unknown>): Promise<void> {
    let isThere = false;
    const note = () => isThere = true;
    reading.then(note, note);
    for (let job = 0; job < MOST_JOBS && !isThere; job++) await undefined;
    if (isThere) {
      this.#lookAt = this.#kept + LOOK_BYTES;
      await nextTurn();
      return;
    }
    [this.#kept, this.#lookAt] = [0, LOOK_BYTES];
    this.#pieces = this.#bytes = 0;
  }

  /** A piece that leaves room is the end of a chunk, or all that had come by then. */
  #learn(bytes: number, room: number): void {
    this.#come += bytes;
    const isLong = this.#come > MOST_BYTES;
    if (bytes >= room - MOST_AROUND_BYTES && !isLong) return;
    const wanted = isLong ? LONG_BYTES : this.#come + aroundOf(this.#come);
    if (wanted > room && (isLong || this.#come === this.#last)) {
      this.#buffer = new ArrayBuffer(wanted);
    }
    this.#last = this.#come;
    this.#come = 0;
  }
}

/** Bytes around a chunk: two ends of lines, and its length. */
function aroundOf(bytes: number): number {
  return 4 + bytes.toString(16).length;
}
