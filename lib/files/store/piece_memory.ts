/**
 * The memory in which pieces of uploads wait until they are whole: so many bytes for all uploads of this process. Who finds none left
 * waits, and reads nothing meanwhile, so that its client waits, too. Nobody waits who has some; and where others wait, whoever has had
 * some for a while and whose client is slow gives it back.
 */
import { AppendFailure } from "./file_store.ts";

/** How long an upload has its memory for sure. */
const TURN_MS = 5_000;
/** How often it is looked whose turn is over, while others wait. */
const LOOK_MS = 100;
/** How long an upload waits, and how many do; others are refused. */
const WAIT_MS = 60_000;
const MOST_WAITING = 1_000;

interface Waiting {
  readonly bytes: number;
  readonly resolve: () => void;
}

export interface PieceMemoryOptions {
  readonly turnMs?: number;
  readonly waitMs?: number;
  readonly mostWaiting?: number;
}

export class PieceMemory implements Disposable {
  readonly #bytes: number;
  #taken = 0;
  readonly #options: Required<PieceMemoryOptions>;
  readonly #shares = new Set<Share>();
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(bytes: number, options: PieceMemoryOptions = {}) {
    this.#bytes = bytes;
    this.#options = { turnMs: TURN_MS, waitMs: WAIT_MS, mostWaiting: MOST_WAITING, ...options };
  }

  /** Bytes that are taken. */
  get taken(): number {
    return this.#taken;
  }

  get #free(): number {
    return this.#bytes - this.#taken;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A share of it, of no bytes at first. @param giveBack is called to have its owner give it back, where that is idle */
  share(giveBack?: () => void): Share {
    const share = new Share(this, giveBack);
    this.#shares.add(share);
    return share;
  }

  tryTake(bytes: number): boolean {
    if (this.#waiting.size > 0 || bytes > this.#free) return false;
    this.#taken += bytes;
    return true;
  }

  /** Rejects with an {@linkcode AppendFailure} where too many wait, or for too long, and with the signal's reason. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.tryTake(bytes)) return;
    const { waitMs, mostWaiting } = this.#options;
    signal?.throwIfAborted();
    if (this.#waiting.size >= mostWaiting) throw crowded();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { bytes, resolve };
    const giveUp = (reason: unknown) => {
      if (!this.#waiting.delete(waiting)) return;
      reject(reason);
      this.#serve();
    };
    const stop = () => giveUp(signal?.reason);
    const timer = setTimeout(() => giveUp(crowded()), waitMs);
    signal?.addEventListener("abort", stop);
    this.#waiting.add(waiting);
    this.#serve();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    this.#serve();
  }

  end(share: Share): void {
    this.#shares.delete(share);
    this.give(share.bytes);
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      if (waiting.bytes > this.#free) break; // whoever wants less waits, too, or this one would for ever
      this.#taken += waiting.bytes;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
    if (this.#waiting.size === 0) this[Symbol.dispose]();
    else this.#timer ??= setInterval(() => this.#reclaim(), LOOK_MS);
  }

  /** Has those give back what the first one waits for whose turn is over: who has had it for the longest first. */
  #reclaim(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const before = performance.now() - this.#options.turnMs;
    const idle = [...this.#shares].filter((share) => share.isIdle && share.since <= before)
      .sort((one, other) => one.since - other.since);
    let missing = first.bytes - this.#free;
    for (const share of idle) {
      if (missing <= 0) return;
      missing -= share.bytes;
      share.giveBack?.();
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What one upload has of the memory. */
export class Share implements Disposable {
  /** Whether its owner waits for its client, and can give it back. */
  isIdle = false;
  /** Since when it has some, on `performance.now()`'s clock. */
  since = 0;
  readonly giveBack: (() => void) | undefined;
  #bytes = 0;
  readonly #memory: PieceMemory;

  constructor(memory: PieceMemory, giveBack: (() => void) | undefined) {
    this.#memory = memory;
    this.giveBack = giveBack;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether others wait for some. */
  get isWanted(): boolean {
    return this.#memory.waiting > 0;
  }

  /** Has it be of so many bytes, where there are as many at once. Whether there are. */
  tryGrow(bytes: number): boolean {
    if (!this.#memory.tryTake(bytes - this.#bytes)) return false;
    this.#note(bytes);
    return true;
  }

  /** Has it be of so many bytes, which it has to wait for: it has none meanwhile. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    this.clear();
    await this.#memory.take(bytes, signal);
    this.#note(bytes);
  }

  clear(): void {
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.isIdle = false;
    if (bytes > 0) this.#memory.give(bytes);
  }

  #note(bytes: number): void {
    if (this.#bytes === 0) this.since = performance.now();
    this.#bytes = bytes;
  }

  [Symbol.dispose](): void {
    this.#memory.end(this);
    this.#bytes = 0;
  }
}

function crowded(): AppendFailure {
  return new AppendFailure("crowded", 0, undefined);
}
