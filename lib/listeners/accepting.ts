/**
 * Keeps a listener accepting. Where the system gives it no connection any more (no file descriptor is left, no memory)
 * `Deno.serve` ends and `node:http` goes deaf without a word: who is connected stays, and here is waited until there is
 * room again, and listened anew at the same address. A server that cannot says so, and ends.
 */
import { getLogger } from "@logtape/logtape";
import { pause } from "../base/clock.ts";
import { Counter, type Metric } from "../core/metrics.ts";
import { SpareDescriptors } from "../limits/descriptors.ts";
import type { Listener } from "./listener.ts";
import { type Address, knock, type Knocked } from "./knock.ts";

const log = getLogger(["notifyli", "listener"]);

/** What accepts connections, and can begin again where it has stopped. */
export interface Door {
  /**
   * Begins to listen; rejects where it cannot.
   * @param lost is told why, at most once, where it stops by itself
   */
  open(port: number, lost: (reason: string) => void): Promise<Address>;
  /** Stops listening; what is connected stays. Absent where the runtime cannot. */
  close?(): void;
  /** Stops listening; resolves when every connection is gone. */
  shutdown(): Promise<void>;
}

export interface AcceptingOptions {
  readonly port: number;
  /** Held while it accepts, for the store, Redis and outgoing calls where accepting took the last one. @default 0 */
  readonly spares?: number;
  /** @default GIVE_UP_MS */
  readonly giveUpMs?: number;
  /** @default CHECK_MS */
  readonly checkMs?: number;
}

/** The pauses between two tries. The first is short: mostly a connection or two have ended by then. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** Who accepts for so long again has recovered: the pauses start anew. */
const RECOVERED_MS = 10_000;

/** So long it tries: by then systemd has a new one running faster than this one recovers. */
const GIVE_UP_MS = 30_000;

/** How often it looks whether it is deaf, and how long it listens for an answer. */
const CHECK_MS = 5000;
const CHECK_TICKS = 3;
/** So many times in a row, one right after the other; more where all that can be done is to end. */
const REOPEN_AFTER = 2;
const END_AFTER = 6;
/** What shows that it accepts nothing. */
const DEAF: Readonly<Partial<Record<Knocked, string>>> = {
  silent: "it does not answer itself",
  refuses: "nobody listens at its own address",
  "no descriptor": "it has no file descriptor left",
};
/** No request: it is answered by the listener itself, and neither counted nor held to any rule of the server's. */
const NO_REQUEST = "?\r\n\r\n";

export class Accepting implements Listener {
  readonly #door: Door;
  readonly #options: AcceptingOptions;
  readonly #spares: SpareDescriptors;
  readonly #stopped = new Counter(
    "accept_stopped",
    "How often the listener had to begin anew because the system gave it no connection any more.",
  );
  readonly #failed = Promise.withResolvers<string>();
  readonly #stop = new AbortController();
  #address: Address;
  #isAccepting = false;
  #regainedAt = -Infinity;
  #pauseMs = FIRST_PAUSE_MS;
  /** It has answered itself once, so that silence means something. */
  #isReachable = false;
  #checking: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(door: Door, options: AcceptingOptions) {
    this.#door = door;
    this.#options = options;
    this.#address = { host: "", port: options.port };
    this.#spares = new SpareDescriptors(options.spares ?? 0);
  }

  /** Rejects where the address cannot be listened on. */
  static async open(door: Door, options: AcceptingOptions): Promise<Accepting> {
    const accepting = new Accepting(door, options);
    await accepting.#listen();
    accepting.#spares.take();
    accepting.#timer = setInterval(() => void accepting.check(), options.checkMs ?? CHECK_MS);
    void accepting.check(); // so that silence means something from now on
    return accepting;
  }

  get host(): string {
    return this.#address.host;
  }

  get port(): number {
    return this.#address.port;
  }

  get metrics(): readonly Metric[] {
    return [this.#stopped];
  }

  get failed(): Promise<string> {
    return this.#failed.promise;
  }

  async shutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    this.#spares.release();
    await this.#checking;
    await this.#door.shutdown();
  }

  /** It has stopped accepting: waits for room, and begins again. */
  lost(reason: string): void {
    if (!this.#isAccepting || this.#stop.signal.aborted) return;
    this.#isAccepting = false;
    this.#stopped.value++;
    this.#spares.release(); // first of all: the store may need one right now
    log.error("accepts no connection: {reason}; who is connected stays, and it begins again", {
      reason,
      times: this.#stopped.value,
    });
    this.#door.close?.();
    if (performance.now() - this.#regainedAt > RECOVERED_MS) this.#pauseMs = FIRST_PAUSE_MS;
    void this.#regain(reason);
  }

  /** Looks whether it answers, and begins again where it does not. */
  check(): Promise<void> {
    return this.#checking ??= this.#check().finally(() => this.#checking = undefined);
  }

  async #check(): Promise<void> {
    const enough = this.#door.close === undefined ? END_AFTER : REOPEN_AFTER;
    for (let failures = 0; this.#isAccepting && !this.#stop.signal.aborted;) {
      const knocked = await knock(this.#address, {
        request: NO_REQUEST,
        ticks: CHECK_TICKS,
        signal: this.#stop.signal,
      });
      if (knocked === "answers") this.#isReachable = true;
      const reason = DEAF[knocked];
      if (reason === undefined || !this.#isReachable) return;
      if (++failures === enough) return this.#deaf(reason);
    }
  }

  #deaf(reason: string): void {
    if (this.#door.close !== undefined) return this.lost(reason);
    // It cannot be closed without its connections, which come back to a new process. Where there is no descriptor, it
    // ends by itself with the next connection.
    if (reason === DEAF["no descriptor"] || this.#stop.signal.aborted) return;
    if (this.#isAccepting) this.#fail(reason);
  }

  async #regain(reason: string): Promise<void> {
    const since = performance.now();
    const giveUpMs = this.#options.giveUpMs ?? GIVE_UP_MS;
    let why = reason;
    while (performance.now() - since < giveUpMs) {
      await pause(this.#pauseMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
      try {
        if (!this.#spares.take()) continue;
        await this.#listen();
        if (!this.#isAccepting) return; // it was lost again at once
        this.#regainedAt = performance.now();
        const seconds = Math.round((performance.now() - since) / 100) / 10;
        log.warn("accepts connections again after {seconds} s", { seconds });
        return;
      } catch (error) {
        this.#spares.release();
        why = error instanceof Error ? error.message : String(error);
      }
    }
    if (!this.#stop.signal.aborted) this.#fail(why);
  }

  async #listen(): Promise<void> {
    let early: string | undefined;
    this.#address = await this.#door.open(this.port, (reason) => {
      early = reason;
      this.lost(reason);
    });
    this.#isAccepting = true;
    if (early !== undefined) this.lost(early);
  }

  #fail(reason: string): void {
    clearInterval(this.#timer);
    this.#isAccepting = false;
    this.#failed.resolve(reason);
  }
}
