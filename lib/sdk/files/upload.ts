/**
 * One upload on its way: what is small goes up in one request, and all else in pieces, by tus 1.0. After a cut, the server says how
 * much it has, and the rest follows. `source.ts` reads the bytes, `calls.ts` sends them.
 */
import { backoffMs } from "../core/backoff.ts";
import type { Clock } from "../core/clock.ts";
import { NotifyliError } from "../core/errors.ts";
import { asObject } from "../core/frames.ts";
import { digestOf } from "./bucket.ts";
import { type Calls, ForeignRefusal } from "./calls.ts";
import type { Bytes, ReadAhead, Source } from "./source.ts";
import type { StoredFile, UploadProgress } from "./types.ts";
import { readFile } from "./wire.ts";

/** What is not more goes up in one request. Proxies that were not told otherwise take as much in one body. */
export const SMALL = 1 << 20;

/** Bytes of a piece. It grows where the network is fast, and shrinks where it is slow, or a proxy takes less. */
const LEAST_PIECE = 1 << 16;
const MOST_PIECE = 1 << 22;
const FAST_MS = 500;
const SLOW_MS = 4_000;

/** A handler of progress is not called more often. */
const PROGRESS_MS = 100;

/** How often the same upload is begun anew that the server knows no more, and how often a token is asked for in vain. */
const MAX_RESTARTS = 3;
const MAX_TOKENS = 3;

const VERSION = { "tus-resumable": "1.0.0" };

export interface UploadHost {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: () => number;
  /** Resolves when the server can be called. */
  ready(signal: AbortSignal): Promise<void>;
  /** Resolves after a pause, or sooner where there is a reason to hope. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Whether it is not tried again after so many failures in a row. It is always tried again where this is absent. */
  givesUp?(error: NotifyliError, failures: number): boolean;
}

export interface Wanted {
  readonly name: string | undefined;
  readonly type: string | undefined;
  /** The sender's own id of the file. */
  readonly id: string;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Its reason is the error that the upload ends with. */
  readonly signal: AbortSignal;
}

export class Upload {
  readonly #host: UploadHost;
  readonly #wanted: Wanted;
  /** The server's id of it; `undefined` until it has begun. */
  #id: string | undefined;
  #pieceBytes = SMALL;
  /** What is longer, some proxy on the way did not take. */
  #mostPiece = MOST_PIECE;
  /** Bytes of the pieces that go to the server's bucket; `undefined` where all go to the server. */
  #direct: number | undefined;
  #restarts = 0;
  #refusedTokens = 0;
  /** How often it failed in a row. */
  #failures = 0;
  #toldAt = -Infinity;
  /** Ends the wait for the time when the handler of progress may be called again. */
  #cancelTelling = () => {};

  constructor(host: UploadHost, wanted: Wanted) {
    this.#host = host;
    this.#wanted = wanted;
  }

  /** Rejects with a `NotifyliError`. */
  run(source: Source): Promise<StoredFile> {
    return this.#untilEnded(async () => {
      this.#tell(0, source.bytes);
      const file = await this.#inOne(source) ?? await this.#persist(() => this.#inPieces(source));
      this.#tell(source.bytes, source.bytes, true);
      return file;
    });
  }

  /** Sends a stream of which nobody knows how long it is: in one request, which cannot be made again. */
  runStream(head: Uint8Array<ArrayBuffer>, rest: ReadAhead): Promise<StoredFile> {
    return this.#untilEnded(async () => {
      await this.#host.ready(this.#wanted.signal);
      this.#host.calls.forgetToken(); // one that is about to expire would not do
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          const piece = sent === 0 ? head : await rest.read(LEAST_PIECE);
          sent += piece.length;
          this.#tell(sent, undefined);
          if (piece.length === 0) controller.close();
          else controller.enqueue(piece);
        },
        cancel: () => rest.cancel(),
      });
      try {
        return await this.#post(body);
      } finally {
        rest.cancel();
      }
    });
  }

  /** What the server says of a file. */
  find(id: string): Promise<StoredFile> {
    return this.#untilEnded(() => this.#persist(() => this.#get(id)));
  }

  /** Removes what the server has of it. */
  async remove(): Promise<void> {
    if (this.#id === undefined) return;
    await this.#host.calls.call("DELETE", `uploads/${this.#id}`, { headers: VERSION })
      .catch(() => {}); // the server removes it after a day
  }

  async #untilEnded(work: () => Promise<StoredFile>): Promise<StoredFile> {
    const { signal } = this.#wanted;
    try {
      if (signal.aborted) throw signal.reason;
      return await work();
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      this.#cancelTelling();
    }
  }

  /** `undefined` where it has to go up in pieces: it is too long, or the connection does not last. */
  async #inOne(source: Source): Promise<StoredFile | undefined> {
    if (source.bytes > SMALL) return undefined;
    await this.#host.ready(this.#wanted.signal);
    try {
      return await this.#post(source.bytes === 0 ? undefined : await source.piece(0, SMALL));
    } catch (error) {
      if (!this.#isTemporary(error)) throw error;
      this.#failed(error);
      return undefined;
    }
  }

  async #post(
    body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined,
  ): Promise<StoredFile> {
    const { id, name, type, signal } = this.#wanted;
    const isForm = type === undefined || type === "" || type.startsWith("multipart/");
    const response = await this.#host.calls.call("POST", "files", {
      query: name === undefined ? {} : { name },
      headers: {
        "idempotency-key": id,
        "content-type": isForm ? "application/octet-stream" : type,
      },
      ...{ body, signal },
    });
    const file = readFile(await response.json());
    this.#id = file.id;
    return file;
  }

  async #get(id: string): Promise<StoredFile> {
    const { signal } = this.#wanted;
    const response = await this.#host.calls.call("GET", `files/${encodeURIComponent(id)}`, {
      signal,
    });
    return readFile(await response.json());
  }

  async #inPieces(source: Source): Promise<StoredFile> {
    let offset = await this.#offset(source.bytes);
    while (offset < source.bytes) {
      this.#tell(offset, source.bytes);
      const next = await this.#next(source, offset);
      if (!(next > offset)) {
        throw new NotifyliError("invalid_reply", `The upload is at ${next} after ${offset}`);
      }
      offset = next;
      this.#failures = this.#restarts = this.#refusedTokens = 0;
      // What is in the bucket is a file once the server is asked; were it not all there, the rest would go to the server.
      if (offset < source.bytes || this.#direct === undefined) continue;
      this.#direct = undefined;
      offset = await this.#offset(source.bytes);
    }
    return await this.#get(this.#id ?? "");
  }

  /** Sends what comes next, to the bucket where the server wants that. Resolves with how much there is then. */
  async #next(source: Source, offset: number): Promise<number> {
    const { bucket } = this.#host.calls;
    const direct = bucket.isWorthIt ? this.#direct : undefined;
    if (direct === undefined) {
      return await this.#patch(offset, await source.piece(offset, this.#pieceBytes));
    }
    const before = offset % direct;
    if (before > 0) {
      const most = Math.min(this.#pieceBytes, direct - before);
      return await this.#patch(offset, await source.piece(offset, most));
    }
    const piece = await source.piece(offset, direct);
    if (await this.#bring(offset, piece)) return offset + piece.length;
    this.#direct = undefined;
    return await this.#patch(offset, await source.piece(offset, this.#pieceBytes));
  }

  /** Brings a piece to the bucket. Resolves with whether it is there. */
  async #bring(offset: number, piece: Bytes): Promise<boolean> {
    const { calls } = this.#host;
    const { signal } = this.#wanted;
    const wanted = { offset, sha256: await digestOf(piece) };
    const link = await calls.call("POST", `uploads/${this.#id}/link`, {
      headers: { "content-type": "application/json" },
      ...{ body: new TextEncoder().encode(JSON.stringify(wanted)), signal },
    });
    const isThere = await calls.bucket.put(await link.json(), piece, signal);
    if (signal.aborted) throw signal.reason;
    return isThere;
  }

  /** Begins, or asks how much the server has. As `HEAD` does, but the answer says why where it is refused. */
  async #offset(bytes: number): Promise<number> {
    const { calls } = this.#host;
    const { name, type, id } = this.#wanted;
    const response = this.#id === undefined
      ? await calls.call("POST", "uploads", {
        headers: {
          ...VERSION,
          "upload-length": String(bytes),
          "upload-metadata": metadata({ filename: name, filetype: type }),
          "idempotency-key": id,
        },
      })
      : await calls.call("GET", `uploads/${this.#id}`, { headers: VERSION });
    const upload = asObject(await response.json());
    if (typeof upload.id !== "string") throw new NotifyliError("invalid_reply", "It has no id");
    if (upload.length !== bytes) {
      const message = `The id '${id}' is that of another file, which has ${upload.length} bytes`;
      throw new NotifyliError("invalid_field", message, { field: "id" });
    }
    this.#id = upload.id;
    if (typeof upload.direct === "number") this.#direct = upload.direct;
    return Number(upload.offset);
  }

  async #patch(offset: number, body: Uint8Array<ArrayBuffer>): Promise<number> {
    const { calls, clock } = this.#host;
    const startedAt = clock.now();
    const response = await calls.call("PATCH", `uploads/${this.#id}`, {
      headers: {
        ...VERSION,
        "content-type": "application/offset+octet-stream",
        "upload-offset": String(offset),
      },
      ...{ body, signal: this.#wanted.signal },
    });
    const took = clock.now() - startedAt;
    if (took < FAST_MS) this.#resize(2);
    else if (took > SLOW_MS) this.#resize(1 / 2);
    return Number(response.headers.get("upload-offset") ?? NaN);
  }

  #resize(factor: number): void {
    const wanted = this.#pieceBytes * factor;
    this.#pieceBytes = Math.max(LEAST_PIECE, Math.min(this.#mostPiece, wanted));
  }

  /** Does it again until it is done, or cannot be. */
  async #persist(work: () => Promise<StoredFile>): Promise<StoredFile> {
    const { signal } = this.#wanted;
    for (;;) {
      await this.#host.ready(signal);
      try {
        return await work();
      } catch (error) {
        if (signal.aborted || !this.#isTemporary(error)) throw error;
        if (this.#host.givesUp?.(error, this.#failures + 1)) throw error;
        const ms = this.#pauseMs(error);
        this.#failed(error);
        await this.#host.pause(ms, signal);
      }
    }
  }

  /** A token that had expired is no reason to wait: the next one is good. */
  #pauseMs(error: NotifyliError): number {
    if (this.#refusedTokens === 0 && this.#host.calls.mayAskAgain(error)) return 0;
    return Math.max(backoffMs(this.#failures, this.#host.random), error.retryAfterMs ?? 0);
  }

  #isTemporary(error: unknown): error is NotifyliError {
    if (!(error instanceof NotifyliError)) return false;
    if (this.#host.calls.mayAskAgain(error)) return this.#refusedTokens < MAX_TOKENS;
    if (error.code === "not_found") return this.#id !== undefined && this.#restarts < MAX_RESTARTS;
    if (isTooMuchAtOnce(error)) return this.#pieceBytes > LEAST_PIECE;
    return error.temporary;
  }

  #failed(error: NotifyliError): void {
    this.#failures++;
    if (this.#host.calls.mayAskAgain(error)) this.#refusedTokens++;
    if (error.code === "not_found") {
      this.#restarts++;
      this.#id = undefined;
    }
    if (isTooMuchAtOnce(error)) this.#mostPiece = Math.max(LEAST_PIECE, this.#pieceBytes / 2);
    if (isTooMuchAtOnce(error) || error.code === "unavailable") this.#resize(1 / 2);
  }

  #tell(sent: number, bytes: number | undefined, isLast = false): void {
    const now = this.#host.clock.now();
    this.#cancelTelling();
    const wait = this.#toldAt + PROGRESS_MS - now;
    if (!isLast && wait > 0) {
      // The next piece may take long: what came meanwhile is told without it.
      this.#cancelTelling = this.#host.clock.after(wait, () => this.#tell(sent, bytes, true));
      return;
    }
    this.#toldAt = now;
    this.#wanted.onProgress?.({ sent, bytes });
  }
}

/** A proxy on the way takes no body of this length, where the server would. */
function isTooMuchAtOnce(error: NotifyliError): boolean {
  return error instanceof ForeignRefusal && error.code === "too_large";
}

/** Pairs of a key and a text in Base64, as tus has them. */
function metadata(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .flatMap(([key, value]) => value ? `${key} ${base64(value)}` : [])
    .join(",");
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
